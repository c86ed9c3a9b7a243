// What was asked of the drives, a command a row.
#include <algorithm>
#include <array>

#include "devices/ata_drive.h"
#include "devices/ata_registers.h"
#include "ui/ata_words.h"
#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

struct LogRow {
  const DriveView* drive;
  devices::AtaLogEntry entry;
};

std::vector<LogRow> rows_of(const Snapshot& snapshot) {
  std::vector<LogRow> rows;
  for (const DriveView& drive : snapshot.drives) {
    for (const devices::AtaLogEntry& entry : drive.log) rows.push_back({&drive, entry});
  }
  std::ranges::stable_sort(rows, {}, [](const LogRow& row) { return row.entry.began; });
  return rows;
}

void right_aligned(Colour colour, std::string_view words) {
  text_right(colour, words, ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x);
}

class AtaLogTable {
 public:
  explicit AtaLogTable(Frame& frame)
      : frame_(frame), theme_(frame.theme), narrow_(frame.work.placement.narrow) {}

  void draw(const std::vector<LogRow>& rows) {
    constexpr ImGuiTableFlags flags =
        ImGuiTableFlags_ScrollY | ImGuiTableFlags_SizingFixedFit | ImGuiTableFlags_Hideable;
    if (!ImGui::BeginTable("log", 10, flags, ImGui::GetContentRegionAvail())) return;
    columns();
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(rows.size()));
    while (clipper.Step()) {
      for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
        ImGui::PushID(i);
        row(rows[static_cast<std::size_t>(i)]);
        ImGui::PopID();
      }
    }
    if (ImGui::GetScrollY() >= ImGui::GetScrollMaxY()) ImGui::SetScrollHereY(1.0F);
    ImGui::EndTable();
  }

 private:
  void columns() const {
    const auto fixed = [&](const char* name, float width) {
      ImGui::TableSetupColumn(name, ImGuiTableColumnFlags_WidthFixed, theme_.px(width));
    };
    ImGui::TableSetupScrollFreeze(0, 1);
    fixed("Time s", narrow_ ? 56 : 84);
    fixed("Drive", 44);
    if (narrow_) {
      ImGui::TableSetupColumn("Command", ImGuiTableColumnFlags_WidthStretch);
    } else {
      fixed("Command", 112);
    }
    fixed("LBA", narrow_ ? 74 : 62);
    fixed("n", 26);
    fixed("Path", 32);
    fixed("Status", 64);
    fixed("us", 42);
    ImGui::TableSetupColumn("What", ImGuiTableColumnFlags_WidthStretch);
    fixed("Cluster", 56);
    for (const int hidden : {5, 7, 8}) ImGui::TableSetColumnEnabled(hidden, !narrow_);
    ImGui::TableHeadersRow();
  }

  void row(const LogRow& row) {
    const devices::AtaLogEntry& e = row.entry;
    const bool done = e.ended != 0;
    const bool failed = done && (e.status & devices::ata::kStatusErr) != 0;
    const std::optional<AtaSectors> sectors = sectors_of(e, row.drive->geometry);
    ImGui::TableNextRow(0, theme_.row());
    ImGui::TableNextColumn();
    const std::string time = seconds_text(e.began, narrow_ ? 3 : 6);
    text(theme_->text3, time.substr(0, time.size() - 2));
    ImGui::TableNextColumn();
    text(theme_->text2, row.drive->name());
    ImGui::TableNextColumn();
    text(theme_->text, devices::AtaDrive::command_name(e.opcode));
    ImGui::TableNextColumn();
    right_aligned(theme_->text, sectors ? grouped(sectors->lba) : "");
    ImGui::TableNextColumn();
    right_aligned(theme_->text2, sectors ? std::to_string(sectors->count) : "");
    ImGui::TableNextColumn();
    if (sectors) text(theme_->text3, sectors->dma ? "DMA" : "PIO");
    ImGui::TableNextColumn();
    text(failed ? theme_->bad : theme_->text2, done ? ata_status_words(e) : "at work");
    ImGui::TableNextColumn();
    right_aligned(theme_->text2, done ? grouped((e.ended - e.began) / 1000) : "");
    ImGui::TableNextColumn();
    what(row, sectors, failed);
    ImGui::TableNextColumn();
    if (sectors && row.drive->cluster_sectors != 0)
      link(*row.drive, sectors->lba / row.drive->cluster_sectors);
  }

  // Whose sectors they are, or what the command says by its registers.
  void what(const LogRow& row, const std::optional<AtaSectors>& sectors, bool failed) {
    std::string words = ata_command_words(row.entry);
    std::string note;
    const MapModel& model = frame_.work.map;
    if (sectors && model.ready() && model.slot() == row.drive->slot && model.files() != nullptr) {
      words = model.files()->what_is_at(sectors->lba, sectors->count);
      note = "\nas the files are now";
    }
    if (words.empty()) return;
    text(failed ? theme_->bad : theme_->text2,
         fit(theme_.fonts().text, words, ImGui::GetContentRegionAvail().x));
    if (ImGui::IsItemHovered()) tooltip(words + note);
  }

  void link(const DriveView& drive, std::uint64_t cluster) {
    const std::string words = grouped(cluster);
    const float right = ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x;
    ImGui::SetCursorPosX(right - ImGui::CalcTextSize(words.c_str()).x);
    ImGui::PushStyleColor(ImGuiCol_Text, theme_->accent);
    const bool pressed = ImGui::Selectable(words.c_str());
    ImGui::PopStyleColor();
    if (ImGui::IsItemHovered()) tooltip("show on the map");
    if (!pressed) return;
    frame_.work.map_slot = drive.slot;
    if (!frame_.work.map.ready() || frame_.work.map.slot() != drive.slot) return;
    pin_cluster(frame_, cluster, true);
    frame_.work.layout = Layout::disk;
    frame_.work.place = true;
  }

  Frame& frame_;
  const Theme& theme_;
  bool narrow_;
};

}  // namespace

void draw_ata_log(Frame& frame) {
  std::vector<LogRow> rows;
  if (frame.snapshot != nullptr) rows = rows_of(*frame.snapshot);
  const auto errors = std::ranges::count_if(rows, [](const LogRow& row) {
    return row.entry.ended != 0 && (row.entry.status & devices::ata::kStatusErr) != 0;
  });
  const PanelWindow window(
      frame, Panel::ata_log, "ATA log",
      print("%zu commands, %td error%s", rows.size(), errors, errors == 1 ? "" : "s"));
  if (window) AtaLogTable(frame).draw(rows);
}

}  // namespace ui
