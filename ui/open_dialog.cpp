#include "ui/open_dialog.h"

#include <system_error>
#include <vector>

#include "ui/dialogs.h"
#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace fs = std::filesystem;

namespace {

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

std::string with_slash(const fs::path& folder) {
  std::string text = folder.string();
  if (!text.ends_with('/')) text += '/';
  return text;
}

}  // namespace

void OpenDialog::ask_for_machine() {
  ask(Purpose::machine);
}
void OpenDialog::ask_for_folder() {
  ask(Purpose::folder);
}
void OpenDialog::ask_for_drive(emu::DriveSlot slot) {
  slot_ = slot;
  ask(Purpose::drive);
}
void OpenDialog::ask_for_parent(const std::string& child, const std::string& parent) {
  child_ = child;
  parent_ = parent;
  path_ = with_slash(fs::path(child).parent_path());
  ask(Purpose::parent);
}

// The folder of the last time is the likeliest; files come and go, so it is read again.
void OpenDialog::ask(Purpose purpose) {
  purpose_ = purpose;
  asked_ = true;
  error_.clear();
  std::error_code ignored;
  if (path_.empty()) path_ = with_slash(fs::current_path(ignored));
  if (!is_folder(path_)) path_ = with_slash(fs::path(path_).parent_path());
  followed_.clear();
  list_.refresh();
}

void OpenDialog::failed(const std::string& why) {
  if (!waiting_) return;
  waiting_ = false;
  asked_ = true;
  error_ = why;
}

const char* OpenDialog::title() const {
  switch (purpose_) {
    case Purpose::folder:
      return "Folder as a disk###open";
    case Purpose::parent:
      return "Locate a parent###open";
    case Purpose::machine:
    case Purpose::drive:
      break;
  }
  return "Open image###open";
}

std::string OpenDialog::purpose_words() const {
  switch (purpose_) {
    case Purpose::machine:
      return "A disk image, a floppy image or a machine file";
    case Purpose::folder:
      return "Its files become drive C; what the guest changes goes back at the end";
    case Purpose::drive:
      return std::string("Image for ") + emu::slot_name(slot_);
    case Purpose::parent:
      break;
  }
  return fs::path(child_).filename().string() + " lies on " + parent_ +
         ", which is not there. Where is it now?";
}

// The list shows the folder of the path, whoever changed it; a name alone is one of the list.
void OpenDialog::follow_path() {
  if (path_ == followed_) return;
  followed_ = path_;
  const fs::path path(path_);
  if (path.is_relative()) return;
  list_.show(is_folder(path) && path.has_filename() ? path : path.parent_path());
}

std::string OpenDialog::chosen() const {
  return (list_.folder() / path_).string();
}

void OpenDialog::row(Frame& frame, const FolderEntry& entry) {
  const Theme& theme = frame.theme;
  const fs::path& folder = list_.folder();
  const std::string full =
      (entry.name == ".." ? folder.parent_path() : folder / entry.name).string();
  ImGui::TableNextRow(0, theme.row());
  ImGui::TableNextColumn();
  // The name is no label of ImGui's: "##" may be part of it.
  ImGui::PushID(entry.name.c_str());
  const bool pressed = ImGui::Selectable("##entry", full == chosen(),
                                         ImGuiSelectableFlags_SpanAllColumns |
                                             ImGuiSelectableFlags_AllowDoubleClick |
                                             ImGuiSelectableFlags_DontClosePopups);
  ImGui::PopID();
  ImGui::SameLine(0, 0);
  text(entry.folder ? theme->accent : theme->text, entry.name + (entry.folder ? "/" : ""));
  const bool twice = pressed && ImGui::IsMouseDoubleClicked(0);
  ImGui::TableNextColumn();
  if (!entry.folder)
    text_right(theme->text2, bytes_text(entry.bytes),
               ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x);
  if (!pressed) return;
  path_ = entry.folder ? with_slash(full) : full;
  if (twice && !entry.folder) take(frame);
}

void OpenDialog::list(Frame& frame) {
  const Theme& theme = frame.theme;
  constexpr ImGuiTableFlags flags =
      ImGuiTableFlags_ScrollY | ImGuiTableFlags_PadOuterX | ImGuiTableFlags_BordersOuter;
  if (!ImGui::BeginTable("entries", 2, flags, {theme.px(560), theme.px(280)})) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  ImGui::TableSetupColumn("Name", ImGuiTableColumnFlags_WidthStretch);
  ImGui::TableSetupColumn("Size", ImGuiTableColumnFlags_WidthFixed, theme.px(84));
  ImGui::TableHeadersRow();
  static const FolderEntry up{"..", true, 0};
  std::vector<const FolderEntry*> rows;
  if (list_.folder().has_relative_path()) rows.push_back(&up);
  for (const FolderEntry& entry : list_.entries()) {
    if (purpose_ != Purpose::folder || entry.folder) rows.push_back(&entry);
  }
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(rows.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i)
      row(frame, *rows[static_cast<std::size_t>(i)]);
  }
  ImGui::EndTable();
}

// A choice; a folder is gone into, unless it is what is wanted.
void OpenDialog::take(Frame& frame) {
  if (path_.empty()) return;
  path_ = chosen();
  if (purpose_ != Purpose::folder && is_folder(path_)) {
    path_ = with_slash(path_);
    return;
  }
  waiting_ = true;
  error_.clear();
  ImGui::CloseCurrentPopup();
  switch (purpose_) {
    case Purpose::machine:
    case Purpose::folder:
      return frame.program.open_file(path_);
    case Purpose::drive:
      waiting_ = false;  // the machine answers in its own time, on the status bar
      return frame.program.insert_file(path_, slot_);
    case Purpose::parent:
      return frame.program.relocate_parent(child_, path_);
  }
}

void OpenDialog::draw(Frame& frame) {
  const Theme& theme = frame.theme;
  if (!begin_dialog(frame, title(), asked_)) return;
  text(theme->text2, purpose_words());
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
  const bool entered =
      input("##path", path_, theme.px(560), "path; or drop the file on the window",
            ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll);
  follow_path();
  list(frame);
  if (!list_.problem().empty()) {
    text(theme->bad, list_.folder().string() + ": " + list_.problem());
  } else if (!error_.empty()) {
    ImGui::PushTextWrapPos(theme.px(560));
    text(theme->bad, error_);
    ImGui::PopTextWrapPos();
  }
  const bool takes_folder = purpose_ == Purpose::folder;
  if (button(frame, takes_folder ? "Use folder" : "Open", theme.px(96), true, !path_.empty()) ||
      entered)
    take(frame);
  ImGui::SameLine();
  if (button(frame, "Cancel", theme.px(96)) || ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE))
    ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

}  // namespace ui
