// The chain of layers under the shown drive, and what a person may do to it: children, commits and
// detached layers on the host's disk, snapshots in memory. What cannot be taken back asks first.
#include <algorithm>
#include <utility>

#include "emu/drive_tap.h"
#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

void layer_rows(Frame& frame, const DriveView* drive) {
  const Theme& theme = frame.theme;
  const MapModel& model = frame.work.map;
  const auto layers = static_cast<unsigned>(drive->layers.size());
  ImDrawList* list = ImGui::GetWindowDrawList();
  const Fonts& fonts = theme.fonts();
  for (unsigned i = 0; i < layers; ++i) {
    const LayerView& layer = drive->layers[i];
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float w = ImGui::GetContentRegionAvail().x;
    const float h = theme.px(40);
    if (i == 0) list->AddRectFilled({at.x - theme.px(4), at.y}, {at.x + w, at.y + h}, theme->row);
    const float box = theme.px(15);
    const Colour fill = layer_colour(i, layers);
    list->AddRectFilled({at.x, at.y + theme.px(3)}, {at.x + box, at.y + theme.px(3) + box}, fill);
    const std::string letter = i == 0 ? "d" : std::to_string(layer_number(i, layers) % 10);
    put(list, fonts.small, at.x + (box - width_of(fonts.small, letter)) / 2, at.y + theme.px(4),
        i == 0 ? rgb(0xFFFFFF) : rgb(0x000000), letter);
    const std::string size = layer.memory ? "-" : bytes_text(layer.host_bytes);
    const float size_at = at.x + w - theme.px(4) - width_of(fonts.text, size);
    const float name_at = at.x + theme.px(24);
    const std::string name = fit(fonts.text, layer.name, (size_at - name_at) * 0.6F);
    put(list, fonts.text, name_at, at.y + theme.px(2), theme->text, name);
    put(list, fonts.text, size_at, at.y + theme.px(2), theme->text, size);
    const float detail_at = name_at + width_of(fonts.text, name) + theme.px(14);
    put(list, fonts.small, detail_at, at.y + theme.px(4), i == 0 ? theme->text2 : theme->text3,
        fit(fonts.small, layer.detail, size_at - theme.px(10) - detail_at));
    const storage::LayerCounts& shown = model.history().map().shown();
    const std::uint64_t visible = shown[std::min<std::size_t>(i, shown.size() - 1)];
    const std::string clusters =
        layer.holds ? grouped(*layer.holds) + " clusters, " + grouped(visible) + " visible"
                    : grouped(visible) + " clusters visible";
    put(list, fonts.small, name_at, at.y + theme.px(22), i == 0 ? theme->text2 : theme->text3,
        layer.memory ? "writable, in memory only" : (layer.writable ? "writable" : "read-only"));
    put(list, fonts.small, at.x + w - theme.px(4) - width_of(fonts.small, clusters),
        at.y + theme.px(22), i == 0 ? theme->text2 : theme->text3, clusters);
    if (i + 1 < layers) {
      down(list, at.x + box / 2, at.y + theme.px(22), at.y + h + theme.px(4), theme->line_strong,
           theme.px(2));
    }
    ImGui::Dummy({w, h});
    if (ImGui::IsItemHovered())
      tooltip(layer.name + (layer.detail.empty() ? "" : "\n" + layer.detail));
  }
  ImGui::Dummy({0, theme.px(4)});
}

void ask(Frame& frame, Workspace::Question question) {
  frame.work.question = std::move(question);
  frame.work.ask = true;
}

void explain(const char* words) {
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) tooltip(words);
}

// Why the files under the drive cannot be changed; nullptr: they can.
const char* why_not(const DriveView& drive) {
  if (drive.mode == emu::DriveMode::discard)
    return "this drive drops its writes at power off (mode discard)";
  if (drive.mode == emu::DriveMode::ro) return "this drive is read-only";
  if (!drive.image_file) return "this disk is no image file";
  return nullptr;
}

Request request(emu::DriveSlot slot, emu::ChainChange change) {
  return [slot, change](Control& control) { control.change_chain(slot, change); };
}

// In the same row where there is room for that.
void beside(Frame& frame, const char* words) {
  const Theme& theme = frame.theme;
  const float end = ImGui::GetItemRectMax().x - ImGui::GetWindowPos().x + theme.px(24) +
                    width_of(theme.fonts().text, words);
  if (end <= ImGui::GetWindowContentRegionMax().x) ImGui::SameLine();
}

void compare(Frame& frame) {
  const MapModel& model = frame.work.map;
  const auto found = model.next_of_top_layer(model.pinned ? *model.pinned + 1 : 0);
  if (found) return pin_cluster(frame, *found, true);
  constexpr float shown = 8;  // seconds
  frame.work.message = "the top layer holds nothing yet: all is as in its parent";
  frame.work.message_left = shown;
}

// On the host's disk.
void file_buttons(Frame& frame, const DriveView& drive) {
  const char* refused = why_not(drive);
  const bool chain = drive.layers.size() > 1;
  const std::string& top = drive.layers.front().name;
  if (button(frame, "New child", 0, false, refused == nullptr)) {
    ask(frame, {"New child",
                {"Writes go to a new file beside " + top + " from now on.",
                 top + " becomes its parent and must stay as it is:",
                 "open the new file the next time, not " + top + "."},
                "Create",
                request(drive.slot, emu::ChainChange::new_child)});
  }
  explain(refused != nullptr ? refused
                             : "keeps the image as it is now; a new file takes the writes");
  ImGui::SameLine();
  const char* no_parent = refused != nullptr ? refused : "this image has no parent";
  if (button(frame, "Commit down", 0, false, refused == nullptr && chain)) {
    const std::string& below = drive.layers[1].name;
    ask(frame, {"Commit down",
                {"All that " + top + " has goes into " + below + ".", below + " as it was is lost.",
                 "Other children of it, here or beside it, keep this from being done."},
                "Commit",
                request(drive.slot, emu::ChainChange::commit)});
  }
  explain(refused == nullptr && chain ? "the top layer's content goes into its parent" : no_parent);
  ImGui::SameLine();
  if (button(frame, "Detach", 0, false, refused == nullptr && chain)) {
    ask(frame, {"Detach",
                {top + " takes what it still reads from its parents, and needs them no more.",
                 "The guest stands still until all of it is copied."},
                "Detach",
                request(drive.slot, emu::ChainChange::detach)});
  }
  explain(refused == nullptr && chain ? "makes the top layer an image by itself" : no_parent);
  beside(frame, "Compare");
  if (button(frame, "Compare", 0, false, chain)) compare(frame);
  explain(chain ? "the next cluster that the top layer holds, beside what it hides below"
                : "this image has no parent");
}

// In memory, above the files.
void memory_buttons(Frame& frame, const DriveView& drive) {
  const emu::DriveSlot slot = drive.slot;
  if (button(frame, "Snapshot")) {
    frame.post([slot](Control& control) {
      if (emu::DriveTap* tap = control.machine().tap(slot)) {
        const std::string name = "s" + std::to_string(tap->snapshots().size() + 1);
        tap->snapshot(name);
        control.flag("snapshot '" + name + "'", true);
      }
    });
  }
  explain("keeps what the disk holds now; from here on writes wait in memory above it");
  ImGui::SameLine();
  if (button(frame, "Revert")) {
    ask(frame, {"Revert",
                {"What was written since the latest snapshot is lost.",
                 "The guest is not told: best while it is paused, or before a reset."},
                "Revert",
                [slot](Control& control) {
                  emu::DriveTap* tap = control.machine().tap(slot);
                  if (tap == nullptr || tap->snapshots().empty())
                    return control.tell("no snapshot to revert to");
                  const std::string name = tap->snapshots().back();
                  tap->revert(name);
                  control.flag("revert '" + name + "'", true);
                }});
  }
  explain("back to the latest snapshot: best while the guest is paused");
  ImGui::SameLine();
  const bool discards = drive.mode == emu::DriveMode::discard;
  if (button(frame, "Commit", 0, false, !discards)) {
    frame.post([slot](Control& control) {
      emu::DriveTap* tap = control.machine().tap(slot);
      if (tap == nullptr) return;
      const bool ok = tap->commit() == storage::IoStatus::ok;
      control.flag(ok ? "commit" : "commit failed", true);
      control.tell(ok ? "committed: what waited in memory is in the image"
                      : "commit failed: the image could not be written");
    });
  }
  explain(discards ? "this drive drops its writes at power off (mode discard)"
                   : "sends what waits in memory into the image; snapshots end");
  beside(frame, "Open...");
  if (button(frame, "Open...")) frame.work.open.ask_for_machine();
  explain("another image, with a machine of its own");
}

}  // namespace

void draw_chain_body(Frame& frame) {
  const DriveView* drive = shown_drive(frame);
  if (drive == nullptr || drive->layers.empty()) return text(frame.theme->text3, "No image.");
  layer_rows(frame, drive);
  file_buttons(frame, *drive);
  memory_buttons(frame, *drive);
}

const DriveView* shown_drive(const Frame& frame) {
  return frame.snapshot != nullptr && frame.work.map.ready()
             ? frame.snapshot->drive(frame.work.map.slot())
             : nullptr;
}

void draw_chain(Frame& frame) {
  const DriveView* drive = shown_drive(frame);
  std::string about;
  if (drive != nullptr) {
    std::uint64_t bytes = 0;
    for (const LayerView& layer : drive->layers) bytes += layer.host_bytes;
    about = print("%zu layer%s, ", drive->layers.size(), drive->layers.size() == 1 ? "" : "s") +
            bytes_text(bytes);
  }
  const PanelWindow window(frame, Panel::chain, "Chain", about);
  if (window) draw_chain_body(frame);
}

}  // namespace ui
