#include "emu/screen_watch.h"

#include <algorithm>
#include <utility>

namespace emu {

namespace {
constexpr std::uint64_t kStale = 0;

bool blank(const std::u32string& text) {
  return std::ranges::all_of(text, [](char32_t c) { return c == U' ' || c == U'\0'; });
}
}  // namespace

ScreenWatch::Row ScreenWatch::blank_row(std::size_t columns) {
  return {std::u32string(columns, U' '), std::vector<std::uint64_t>(columns, kStale), false};
}

// How many rows moved off the top between the two screens: the smallest shift under which the rows
// that stayed agree. Half-drawn bottom rows are allowed for by asking only for the upper part to
// agree, and blank rows prove nothing.
std::size_t ScreenWatch::scrolled_by(const std::vector<std::u32string>& rows) const {
  const std::size_t height = rows.size();
  const auto agreement = [&](std::size_t shift) {
    std::size_t same = 0;
    for (std::size_t row = 0; row + shift < height; ++row) {
      const std::u32string& before = live_[row + shift].text;
      if (rows[row] != before) break;
      if (!blank(before)) ++same;
    }
    return same;
  };
  std::size_t best = agreement(0);
  std::size_t best_shift = 0;
  for (std::size_t shift = 1; shift < height; ++shift) {
    const std::size_t same = agreement(shift);
    if (same > best) {
      best = same;
      best_shift = shift;
    }
  }
  return best_shift;
}

// A screen is moved row by row. In the middle of that, rows below some point still stand where they
// stood, or a row or two above when it is not the first move since the last look.
bool ScreenWatch::torn(const std::vector<std::u32string>& rows, std::size_t shift) const {
  const std::size_t height = rows.size();
  std::size_t moved = 0;
  while (moved + shift < height && rows[moved] == live_[moved + shift].text) ++moved;
  for (std::size_t r = moved; r < height; ++r) {
    if (blank(rows[r])) continue;
    if (r + shift < height && rows[r] == live_[r + shift].text) continue;
    for (std::size_t less = 0; less < shift && r + less < height; ++less) {
      if (rows[r] == live_[r + less].text) return true;
    }
  }
  return false;
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

bool ScreenWatch::look(const std::vector<std::u32string>& rows) {
  const std::size_t columns = rows.empty() ? 0 : rows.front().size();
  const bool same_shape =
      live_.size() == rows.size() && (rows.empty() || live_.front().text.size() == columns);
  const std::size_t shift = same_shape ? scrolled_by(rows) : 0;
  if (shift > 0 && put_off_ < kPatience && torn(rows, shift)) {
    ++put_off_;
    return false;
  }
  put_off_ = 0;
  ++looks_;
  if (!same_shape) {
    scrolled_ += live_.size();
    for (Row& row : live_) history_.push_back(std::move(row));
    live_.assign(rows.size(), blank_row(columns));
  } else if (shift > 0) {
    const auto middle = live_.begin() + static_cast<std::ptrdiff_t>(shift);
    scrolled_ += shift;
    std::move(live_.begin(), middle, std::back_inserter(history_));
    std::move(middle, live_.end(), live_.begin());
    std::fill(live_.end() - static_cast<std::ptrdiff_t>(shift), live_.end(), blank_row(columns));
  }
  while (history_.size() > kHistoryRows) history_.pop_front();

  for (std::size_t r = 0; r < rows.size(); ++r) {
    Row& row = live_[r];
    for (std::size_t c = 0; c < columns; ++c) {
      if (row.text[c] == rows[r][c]) continue;
      row.text[c] = rows[r][c];
      row.stamp[c] = looks_;
      row.fresh = true;
      generation_ = looks_;
    }
  }
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
