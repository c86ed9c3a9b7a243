// What scrolling did to a text screen between two looks at it. A guest scrolls by moving row after
// row up, from the top, and a look can fall into the middle of that: rows above some point have
// moved, one perhaps in part, those below have not. Told from the text alone, so that it holds for
// every BIOS and every program, whatever they scroll with. Not told apart: a scroll of more rows
// than a screen has between two looks, scrolling down, and windows below a row that stays.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace emu {

struct Scroll {
  std::size_t shift = 0;  // rows that went off the top in scrolls that are over
  // The scroll that is under way: by how many rows (0: none is), and how many from the top stand
  // where they will stand, the last of them perhaps in part.
  std::size_t step = 0;
  std::size_t moved = 0;

  bool under_way() const { return step != 0; }
  bool operator==(const Scroll&) const = default;
};

// Both screens have the same shape.
Scroll scroll_between(std::span<const std::u32string_view> before,
                      std::span<const std::u32string> now);

// The rows of `now` as they stood before the scroll that is under way began.
std::vector<std::u32string> before_scroll(const Scroll& scroll,
                                          std::span<const std::u32string_view> before,
                                          std::span<const std::u32string> now);

// When the looks at a screen have to come at the latest, in instructions, to miss no row: to move
// 24 rows of 80 words away one by one takes eight times as many.
inline constexpr std::uint64_t kLookInstructions = 5'000;

}  // namespace emu
