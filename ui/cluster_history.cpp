// The popup of the Selection panel that lists what happened to a cluster: the newest first, a click
// shows the map at that moment.
#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

constexpr std::size_t kMostLines = 200;

const char* what_happened(storage::MapEvent::Kind kind) {
  using Kind = storage::MapEvent::Kind;
  switch (kind) {
    case Kind::read:
      return "read";
    case Kind::write:
      return "written";
    case Kind::changed:
      return "changed";
    case Kind::allocated:
      return "allocated";
    case Kind::freed:
      return "freed";
    case Kind::linked:
      return "linked";
    case Kind::unlinked:
      return "unlinked";
    case Kind::committed:
      return "committed";
  }
  return "";
}

std::string line_of(const storage::MapEvent& event) {
  return seconds_text(event.time) + "  " + what_happened(event.kind) + "  LBA " +
         grouped(event.lba) + (event.count == 1 ? "" : ", " + grouped(event.count) + " sectors") +
         (event.failed ? ", failed" : "");
}

}  // namespace

void open_cluster_history() {
  ImGui::OpenPopup("cluster history");
}

void draw_cluster_history(Frame& frame, std::uint64_t cluster) {
  const float line = ImGui::GetTextLineHeightWithSpacing();
  ImGui::SetNextWindowSizeConstraints({0, 0}, {frame.theme.px(420), line * 16});
  if (!ImGui::BeginPopup("cluster history")) return;
  MapModel& model = frame.work.map;
  const auto events = model.events_of(cluster, kMostLines);
  text(frame.theme->text3, events.empty() ? "Nothing seen of cluster " + grouped(cluster) + "."
                                          : "Cluster " + grouped(cluster) + ", newest first");
  for (std::size_t n = 0; n < events.size(); ++n) {
    ImGui::PushID(static_cast<int>(n));
    const bool reachable = events[n].time >= model.history().earliest();
    const auto flags = reachable ? ImGuiSelectableFlags_None : ImGuiSelectableFlags_Disabled;
    if (ImGui::Selectable(line_of(events[n]).c_str(), false, flags))
      model.history().seek(events[n].time);
    ImGui::PopID();
  }
  ImGui::EndPopup();
}

}  // namespace ui
