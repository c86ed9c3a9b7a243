// Watches a text screen for new text. Each look() compares the screen with the one before,
// recognises scrolling, and stamps what changed; rows that scrolled off stay searchable for a
// while. A match must contain a cell that changed after the last match, so that a stale prompt
// never counts.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emu/screen_scroll.h"

namespace emu {

class ScreenWatch {
 public:
  // The screen as it is now, one string a row, all of one length. Rows that went off the top since
  // the look before are kept. False: the screen seems caught in the middle of scrolling, and was
  // taken over as it was before that; look again a little later, changed or not. A screen that
  // stays so is taken over as it stands in the end.
  bool look(const std::vector<std::u32string>& rows) {
    const bool whole = take(rows, true);
    if (whole) show();
    return whole;
  }

  // The same when it is worth it: not when `generation` of the picture was seen already. And what
  // comes is not shown to find() in the middle of something, as long as that does not go on for too
  // long: a screen that is being scrolled or written has rows where none of its readers ever sees
  // them. `rows` is called for the screen.
  template <class Rows>
  void follow(std::uint64_t generation, std::uint32_t mips, Rows rows) {
    if (seen_ == generation) return;
    const bool in_motion = moving(generation, mips);
    if (taken_whole_ != generation && take(rows(), !in_motion)) taken_whole_ = generation;
    if (taken_whole_ != generation || in_motion) return;
    seen_ = generation;
    show();
  }
  // In between, for a machine fast enough to scroll a screen away from one follow() to the next:
  // keeps the rows, and shows nothing.
  template <class Rows>
  void glance(std::uint64_t generation, Rows rows) {
    if (seen_ == generation || taken_whole_ == generation) return;
    if (take(rows(), false)) taken_whole_ = generation;
  }
  // What follow() has not shown yet, now: the machine has stopped, nothing more comes.
  void show() { generation_ = changed_; }
  // follow() has not taken this picture over yet.
  bool behind(std::uint64_t generation) const { return seen_ != generation; }
  // The machine was put into another state: whatever its picture's number is, it is to be looked
  // at.
  void forget_generation() {
    seen_.reset();
    taken_whole_.reset();
  }

  // Finds `text` inside one row, oldest row first, in what has changed since the last match; true
  // consumes it: the next find sees only what changes, or stands, after the match. Nothing is found
  // while follow() has something that it does not show yet.
  bool find(std::u32string_view text);

  struct Span {
    std::size_t begin, end;
  };
  // Where something stands in a row, not before `from`.
  using Finder = std::function<std::optional<Span>(const std::u32string& row, std::size_t from)>;
  struct Match {
    std::size_t which;  // of the finders
    std::u32string text;
  };
  // The same for several at once: the first to stand in the oldest row wins.
  std::optional<Match> find_any(std::span<const Finder> finders);
  static Finder text_finder(std::u32string text);

  // Moves with every change that a find could see.
  std::uint64_t generation() const { return generation_; }
  // Rows that scrolled off, as far as they are kept, and the screen.
  std::vector<std::u32string> transcript() const;

  // The same row by row: the first kept() of rows() have left the screen, scrolled() ever did.
  struct View {
    std::u32string_view text;
    bool fresh;  // text came into it after the last match
  };
  std::size_t rows() const { return history_.size() + live_.size(); }
  std::size_t kept() const { return history_.size(); }
  std::uint64_t scrolled() const { return scrolled_; }
  View row(std::size_t index) const;

 private:
  struct Row {
    std::u32string text;
    std::vector<std::uint64_t> stamp;  // look number of each cell's last change
    bool fresh = false;                // some cell is not stale
  };

  Row& row_at(std::size_t index) {
    return index < history_.size() ? history_[index] : live_[index - history_.size()];
  }
  std::optional<Match> match_row(const Row& row, std::span<const Finder> finders,
                                 std::size_t& end) const;

  bool moving(std::uint64_t generation, std::uint32_t mips);
  static Row blank_row(std::size_t columns);
  bool take(const std::vector<std::u32string>& rows, bool patient);
  void move_up(std::size_t count);
  void change(const std::vector<std::u32string>& rows);
  void consume(std::size_t row_index, std::size_t end);

  static constexpr std::size_t kHistoryRows = 1000;
  // At half a millisecond a look: longer than the slowest machine needs to move a screen.
  static constexpr unsigned kPatience = 20;

  std::vector<Row> live_;
  std::deque<Row> history_;                                 // rows that scrolled off, oldest first
  std::optional<std::uint64_t> seen_, last_, taken_whole_;  // generations
  unsigned waited_ = 0;
  std::uint64_t scrolled_ = 0;
  std::uint64_t looks_ = 0;
  std::optional<Scroll> put_off_;  // for a scroll that does not go on, so many times
  unsigned times_put_off_ = 0;
  std::uint64_t changed_ = 0, generation_ = 0;  // the last look with a change; of those shown
};

}  // namespace emu
