#include "emu/screen_scroll.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace emu {

namespace {

bool blank(std::u32string_view text) {
  return std::ranges::all_of(text, [](char32_t c) { return c == U' ' || c == U'\0'; });
}

std::size_t common_left(std::u32string_view a, std::u32string_view b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}
std::size_t common_right(std::u32string_view a, std::u32string_view b) {
  const auto end = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first;
  return static_cast<std::size_t>(end - a.rbegin());
}

// Which row of one screen is which of the other. Blank rows fit everywhere and prove nothing.
class Comparison {
 public:
  Comparison(std::span<const std::u32string_view> before, std::span<const std::u32string> now)
      : before_(before),
        now_(now),
        height_(now.size()),
        equal_(height_ * height_),
        shows_(height_),
        left_(height_),
        right_(height_) {
    for (std::size_t r = 0; r < height_; ++r) {
      shows_[r] = !blank(now[r]);
      for (std::size_t j = 0; j < height_; ++j) equal_[r * height_ + j] = now[r] == before[j];
      left_[r] = common_left(now[0], before[r]);
      right_[r] = now[0].size() - common_right(now[0], before[r]);
    }
  }

  std::size_t height() const { return height_; }

  // Rows from the top that agree under a shift: half-drawn text at the bottom is allowed for.
  std::size_t agreement_at_top(std::size_t shift) const {
    std::size_t same = 0;
    for (std::size_t r = 0; r + shift < height_ && equal(r, r + shift); ++r) same += shows_[r];
    return same;
  }
  std::size_t agreement(std::size_t shift) const {
    std::size_t same = 0;
    for (std::size_t r = 0; r + shift < height_; ++r) same += equal(r, r + shift) && shows_[r];
    return same;
  }

  // How many rows a scroll by `step` under way, after `shift`, explains; finds `moved`. Only what
  // has not moved yet tells it from one that is over.
  std::size_t explained(Scroll& scroll) const {
    const std::size_t after = scroll.shift + scroll.step;
    if (!equal(0, after) && !top_mixed(scroll.shift, after)) return 0;
    std::size_t rows = 0;
    std::size_t r = 0;
    for (; has_moved(r, scroll.shift, after); ++r) {
      rows +=
          shows_[r] != 0 || !equal(r, r + scroll.shift);  // a row that went blank has moved, too
    }
    const bool in_part = mixed(r, scroll);
    if (in_part) rows += shows_[r++];
    if (r == 0) return 0;
    scroll.moved = r;
    const bool last_row = in_part && r == height_ && scroll.shift == 0;
    std::size_t standing = last_row ? 1 : 0;
    if (r + scroll.shift < height_ && !blank(before_[r + scroll.shift]) && !stands(r, scroll))
      return 0;
    for (; r < height_; ++r) standing += stands(r, scroll) && shows_[r];
    return standing == 0 ? 0 : rows + standing;
  }

 private:
  // mixed() of row 0, which most of all scrolls one can think of fail by.
  bool top_mixed(std::size_t shift, std::size_t after) const {
    return right_[shift] != 0 && left_[after] != now_[0].size() && right_[shift] <= left_[after];
  }
  bool equal(std::size_t row, std::size_t was) const { return equal_[row * height_ + was] != 0; }

  // Row `r` is the one that comes there; below all rows that were there, blank ones come.
  bool has_moved(std::size_t r, std::size_t shift, std::size_t after) const {
    if (r + after < height_) return equal(r, r + after);
    return r < height_ && shift == 0 && shows_[r] == 0;
  }

  // Row `r` has moved in part: its left is that of the row that comes, its right still as it was.
  bool mixed(std::size_t r, const Scroll& scroll) const {
    if (r + scroll.shift >= height_) return false;
    const std::size_t source = r + scroll.shift + scroll.step;
    if (source >= height_ && scroll.shift != 0) return false;  // text that came in between
    const std::u32string_view now = now_[r];
    const std::size_t left = source < height_ ? common_left(now, before_[source])
                                              : std::min(now.find_first_not_of(U' '), now.size());
    const std::size_t right = now.size() - common_right(now, before_[r + scroll.shift]);
    return right != 0 && left != now.size() && right <= left;
  }

  // Row `r` has not moved. What came since the look before is known by its copy further up.
  bool stands(std::size_t r, const Scroll& scroll) const {
    const std::size_t was = r + scroll.shift;
    if (was < height_) return equal(r, was);
    return r - scroll.step < scroll.moved && now_[r] == now_[r - scroll.step];
  }

  std::span<const std::u32string_view> before_;
  std::span<const std::u32string> now_;
  std::size_t height_;
  std::vector<std::uint8_t> equal_;  // [now][before]
  std::vector<std::uint8_t> shows_;
  // Row 0 of now is as row r of before up to the column left_[r], and from right_[r] on.
  std::vector<std::size_t> left_, right_;
};

}  // namespace

Scroll scroll_between(std::span<const std::u32string_view> before,
                      std::span<const std::u32string> now) {
  if (std::ranges::equal(before, now)) return {};
  const Comparison rows(before, now);
  Scroll whole;
  std::size_t best = rows.agreement_at_top(0);
  std::size_t without_tearing = rows.agreement(0);
  for (std::size_t shift = 1; shift < rows.height(); ++shift) {
    without_tearing = std::max(without_tearing, rows.agreement(shift));
    const std::size_t same = rows.agreement_at_top(shift);
    if (same > best) {
      best = same;
      whole.shift = shift;
    }
  }
  std::optional<Scroll> torn;
  best = without_tearing;
  for (std::size_t step = 1; step < rows.height(); ++step) {
    for (std::size_t shift = 0; shift + step < rows.height(); ++shift) {
      Scroll scroll{shift, step, 0};
      const std::size_t explained = rows.explained(scroll);
      if (explained <= best) continue;
      best = explained;
      torn = scroll;
    }
  }
  return torn.value_or(whole);
}

std::vector<std::u32string> before_scroll(const Scroll& scroll,
                                          std::span<const std::u32string_view> before,
                                          std::span<const std::u32string> now) {
  std::vector<std::u32string> rows(now.begin(), now.end());
  if (!scroll.under_way()) return rows;
  for (std::size_t r = 0; r < scroll.moved; ++r) {
    const std::size_t was = r + scroll.shift;
    rows[r] = was < before.size() ? std::u32string(before[was]) : now[r - scroll.step];
  }
  return rows;
}

}  // namespace emu
