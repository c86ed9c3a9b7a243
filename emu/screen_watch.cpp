#include "emu/screen_watch.h"

#include <algorithm>
#include <utility>

namespace emu {

namespace {
constexpr std::uint64_t kStale = 0;
}  // namespace

ScreenWatch::Row ScreenWatch::blank_row(std::size_t columns) {
  return {std::u32string(columns, U' '), std::vector<std::uint64_t>(columns, kStale), false};
}

// Asked every half millisecond. To move a screen takes up to 20,000 instructions: that many, and
// two milliseconds at least, are granted. A guest that prints all the time is looked at then: in so
// short a time it cannot print a whole screen.
bool ScreenWatch::moving(std::uint64_t generation, std::uint32_t mips) {
  constexpr std::uint32_t instructions = 30'000;
  constexpr std::uint32_t per_look = 500;  // times mips
  constexpr unsigned least = 4;
  const unsigned patience = std::max(least, instructions / (per_look * std::max(mips, 1U)));
  const bool still = last_ == generation;
  last_ = generation;
  if (still || waited_ >= patience) {
    waited_ = 0;
    return false;
  }
  ++waited_;
  return true;
}

void ScreenWatch::move_up(std::size_t count) {
  const std::size_t columns = live_.front().text.size();
  const auto middle = live_.begin() + static_cast<std::ptrdiff_t>(count);
  std::move(live_.begin(), middle, std::back_inserter(history_));
  std::move(middle, live_.end(), live_.begin());
  std::fill(live_.end() - static_cast<std::ptrdiff_t>(count), live_.end(), blank_row(columns));
  scrolled_ += count;
  while (history_.size() > kHistoryRows) history_.pop_front();
}

void ScreenWatch::change(const std::vector<std::u32string>& rows) {
  ++looks_;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    Row& row = live_[r];
    for (std::size_t c = 0; c < row.text.size(); ++c) {
      if (row.text[c] == rows[r][c]) continue;
      row.text[c] = rows[r][c];
      row.stamp[c] = looks_;
      row.fresh = true;
      changed_ = looks_;
    }
  }
}

bool ScreenWatch::take(const std::vector<std::u32string>& rows, bool patient) {
  const std::size_t columns = rows.empty() ? 0 : rows.front().size();
  if (rows.empty() || live_.size() != rows.size() || live_.front().text.size() != columns) {
    if (!live_.empty()) move_up(live_.size());
    live_.assign(rows.size(), blank_row(columns));
    change(rows);
    return true;
  }
  std::vector<std::u32string_view> before;
  before.reserve(live_.size());
  for (const Row& row : live_) before.emplace_back(row.text);
  Scroll scroll = scroll_between(before, rows);
  if (!scroll.under_way()) {
    put_off_.reset();
  } else if (scroll != put_off_) {
    put_off_ = scroll;
    times_put_off_ = 0;
  }
  if (scroll.under_way() && times_put_off_ < kPatience) {
    times_put_off_ += patient;
    const std::vector<std::u32string> whole = before_scroll(scroll, before, rows);
    if (scroll.shift != 0) move_up(scroll.shift);
    change(whole);
    return false;
  }
  const std::size_t shift = scroll.shift + scroll.step;
  put_off_.reset();
  if (shift != 0) move_up(shift);
  change(rows);
  return true;
}

ScreenWatch::Finder ScreenWatch::text_finder(std::u32string text) {
  return
      [text = std::move(text)](const std::u32string& row, std::size_t from) -> std::optional<Span> {
        const std::size_t at = row.find(text, from);
        if (at == std::u32string::npos) return std::nullopt;
        return Span{at, at + text.size()};
      };
}

bool ScreenWatch::find(std::u32string_view text) {
  if (text.empty()) return true;
  const Finder finder = text_finder(std::u32string(text));
  return find_any({&finder, 1}).has_value();
}

// The leftmost match of the row that holds a fresh cell; of equal ones, the first finder's.
std::optional<ScreenWatch::Match> ScreenWatch::match_row(const Row& row,
                                                         std::span<const Finder> finders,
                                                         std::size_t& end) const {
  std::optional<Match> best;
  std::size_t best_begin = row.text.size() + 1;
  for (std::size_t which = 0; which < finders.size(); ++which) {
    std::size_t from = 0;
    while (const std::optional<Span> span = finders[which](row.text, from)) {
      const auto first = row.stamp.begin() + static_cast<std::ptrdiff_t>(span->begin);
      const auto last = row.stamp.begin() + static_cast<std::ptrdiff_t>(span->end);
      const bool fresh =
          std::any_of(first, last, [](std::uint64_t stamp) { return stamp != kStale; });
      if (fresh) {
        if (span->begin < best_begin) {
          best = Match{which, row.text.substr(span->begin, span->end - span->begin)};
          best_begin = span->begin;
          end = span->end;
        }
        break;
      }
      from = span->begin + 1;
      if (from > row.text.size()) break;
    }
  }
  return best;
}

std::optional<ScreenWatch::Match> ScreenWatch::find_any(std::span<const Finder> finders) {
  if (generation_ != changed_) return std::nullopt;
  const std::size_t total = history_.size() + live_.size();
  for (std::size_t r = 0; r < total; ++r) {
    if (!row_at(r).fresh) continue;
    std::size_t end = 0;
    if (std::optional<Match> match = match_row(row_at(r), finders, end)) {
      consume(r, end);
      return match;
    }
  }
  return std::nullopt;
}

std::vector<std::u32string> ScreenWatch::transcript() const {
  std::vector<std::u32string> rows;
  rows.reserve(history_.size() + live_.size());
  for (const Row& row : history_) rows.push_back(row.text);
  for (const Row& row : live_) rows.push_back(row.text);
  return rows;
}

ScreenWatch::View ScreenWatch::row(std::size_t index) const {
  const Row& row = index < history_.size() ? history_[index] : live_[index - history_.size()];
  bool fresh = false;
  for (std::size_t c = 0; row.fresh && !fresh && c < row.text.size(); ++c) {
    fresh = row.stamp[c] != kStale && row.text[c] != U' ' && row.text[c] != U'\0';
  }
  return {row.text, fresh};
}

// Everything up to the match becomes stale; what stands behind it stays fresh, so that several
// texts of one screenful can be awaited in their order.
void ScreenWatch::consume(std::size_t row_index, std::size_t end) {
  for (std::size_t r = 0; r <= row_index; ++r) {
    Row& old = row_at(r);
    const std::size_t columns = r < row_index ? old.stamp.size() : end;
    std::fill_n(old.stamp.begin(), columns, kStale);
    old.fresh = std::ranges::any_of(old.stamp, [](std::uint64_t s) { return s != kStale; });
  }
}

}  // namespace emu
