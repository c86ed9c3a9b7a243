#include "ui/dialogs.h"

#include <array>

#include "ui/widgets.h"

namespace ui {

bool begin_dialog(Frame& frame, const char* title, bool& wanted) {
  if (wanted) {
    ImGui::OpenPopup(title);
    wanted = false;
  }
  ImGui::SetNextWindowPos({frame.width / 2, frame.height / 2}, ImGuiCond_Appearing, {0.5F, 0.5F});
  return ImGui::BeginPopupModal(
      title, nullptr, ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoSavedSettings);
}

namespace {

void help_dialog(Frame& frame) {
  const Theme& theme = frame.theme;
  if (!begin_dialog(frame, "Keys and panels", frame.work.about)) return;
  struct Row {
    const char *key, *what;
  };
  constexpr std::array<Row, 21> rows = {
      {{"Right-Ctrl", "the host key: what follows is for the window, not the guest"},
       {"RCtrl+1 2 3", "layouts Play, Debug, Disk"},
       {"RCtrl+C", "capture the mouse, or let it go"},
       {"RCtrl+R, P", "reset; pause or run"},
       {"RCtrl+S, V", "screenshot; paste into the guest"},
       {"RCtrl+F", "full screen"},
       {"RCtrl+Del", "Ctrl+Alt+Del for the guest"},
       {"F5, Shift+F5", "run, break"},
       {"F11, F10", "step into, step over"},
       {"Shift+F11", "step out"},
       {"Shift+F10", "step back; Ctrl+Shift+F5: back to a breakpoint (Debug > Keep history)"},
       {"F9, Ctrl+F10", "at the line in hand: a breakpoint; run to it"},
       {"F2", "a name for the line in hand"},
       {"Ctrl+G, Ctrl+F", "go to, in this panel; find in memory"},
       {"map: wheel", "zoom, down to single sectors; Shift+wheel scrolls"},
       {"map: drag", "scroll; the mini map and the bar do so, too"},
       {"map: click", "pins a cluster: all panels answer for it"},
       {"map: Home, G", "the whole disk; go to a cluster or LBA"},
       {"time line", "drag: the map as it was then"},
       {"code: click", "takes a line in hand; left of it: a breakpoint"},
       {"memory: click", "a byte while paused, then type hex digits"}}};
  for (const Row& row : rows) {
    text(theme->accent, row.key);
    ImGui::SameLine(theme.px(130));
    text(theme->text2, row.what);
  }
  text(theme->text3, "While the Screen has the focus the guest gets every key but the host key.");
  if (button(frame, "Close", theme.px(96), true) || ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE))
    ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

// How far work on files is, above the status bar, and a way to end it.
void work_note(Frame& frame) {
  if (!frame.work.long_work) return;
  const LongWork& work = *frame.work.long_work;
  const Theme& theme = frame.theme;
  ImGui::SetNextWindowPos({frame.width / 2, frame.height - theme.bar() - theme.px(8)},
                          ImGuiCond_Always, {0.5F, 1});
  ImGui::Begin("work", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_AlwaysAutoResize |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoMove);
  const float share =
      work.total == 0
          ? 0
          : static_cast<float>(static_cast<double>(work.done) / static_cast<double>(work.total));
  ImGui::AlignTextToFramePadding();
  text(theme->text, work.name);
  ImGui::SameLine();
  ImGui::PushStyleColor(ImGuiCol_PlotHistogram, theme->button_on);
  ImGui::ProgressBar(share, {theme.px(260), theme.bar()});
  ImGui::PopStyleColor();
  ImGui::SameLine();
  if (button(frame, "Stop", theme.px(64))) frame.work.break_off = true;
  if (ImGui::IsItemHovered()) tooltip("the disk stays in its layers, and shows what it shows now");
  ImGui::End();
}

void question_dialog(Frame& frame) {
  const Theme& theme = frame.theme;
  Workspace::Question& question = frame.work.question;
  // One dialog for all questions: its title is the part before the mark.
  if (!begin_dialog(frame, (question.title + "###question").c_str(), frame.work.ask)) return;
  for (const std::string& line : question.lines) text(theme->text2, line);
  ImGui::Dummy({0, theme.px(4)});
  if (button(frame, question.yes, theme.px(96), true)) {
    frame.post(std::move(question.request));
    question.request = {};
    ImGui::CloseCurrentPopup();
  }
  ImGui::SameLine();
  if (button(frame, "Cancel", theme.px(96)) || ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE))
    ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

void create_dialog(Frame& frame) {
  Workspace::CreateDialog& dialog = frame.work.create;
  const Theme& theme = frame.theme;
  if (!begin_dialog(frame, "Create a disk", dialog.asked)) return;
  text(theme->text2, "Partitioned and formatted. A VMDK that grows where the guest writes,");
  text(theme->text2, "or a raw image where the name ends in .img or .raw");
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
  input("##path", dialog.path, theme.px(420), "file, e.g. /home/me/dos.vmdk");
  input("##size", dialog.size, theme.px(96), "64M");
  ImGui::SameLine();
  text(theme->text3, "size: 64M, 2G, 1.5G");
  if (!dialog.error.empty()) text(theme->bad, dialog.error);
  if (button(frame, "Create and run", theme.px(140), true, !dialog.path.empty())) {
    dialog.error.clear();
    frame.program.create_disk(dialog.path, dialog.size);
    ImGui::CloseCurrentPopup();
  }
  ImGui::SameLine();
  if (button(frame, "Cancel", theme.px(96)) || ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE))
    ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

}  // namespace

void draw_dialogs(Frame& frame) {
  frame.work.open.draw(frame);
  create_dialog(frame);
  question_dialog(frame);
  help_dialog(frame);
  work_note(frame);
}

}  // namespace ui
