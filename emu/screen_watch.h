// Watches a text screen for new text. Each look() compares the screen with the one before,
// recognises scrolling, and stamps what changed; rows that scrolled off stay searchable for a
// while. A match must contain a cell that changed after the last match, so that a stale prompt
// never counts.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace emu {

class ScreenWatch {
 public:
  // The screen as it is now, one string a row, all of one length.
  void look(const std::vector<std::u32string>& rows);

  // Finds `text` inside one row, oldest row first, in what has changed since the last match; true
  // consumes it: the next find sees only what changes, or stands, after the match.
  bool find(std::u32string_view text);

 private:
  struct Row {
    std::u32string text;
    std::vector<std::uint64_t> stamp;  // look number of each cell's last change
  };

  static Row blank_row(std::size_t columns);
  std::size_t scrolled_by(const std::vector<std::u32string>& rows) const;
  void consume(std::size_t row, std::size_t end);

  static constexpr std::size_t kHistoryRows = 1000;

  std::vector<Row> live_;
  std::deque<Row> history_;  // rows that scrolled off, oldest first
  std::uint64_t looks_ = 0;
};

}  // namespace emu
