#include "emu/screen_watch.h"

#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/catch.hpp"

using emu::ScreenWatch;

namespace {
std::vector<std::u32string> screen(std::vector<std::u32string> rows) {
  rows.resize(5);
  for (auto& row : rows) row.resize(20, U' ');
  return rows;
}

// A guest that prints, cell by cell, and scrolls as every BIOS does: word after word from the top.
// `tick` is called once for a word moved, and as often for a character as a BIOS takes
// instructions.
class Printer {
 public:
  explicit Printer(std::function<void()> tick)
      : tick_(std::move(tick)), rows_(kHeight, std::u32string(kWidth, U' ')) {}

  const std::vector<std::u32string>& rows() const { return rows_; }

  void line(const std::u32string& text, std::size_t lines_down) {
    if (row_ + lines_down > kHeight) scroll(row_ + lines_down - kHeight);
    for (std::size_t c = 0; c < text.size(); ++c) put(row_, c, text[c], 50);
    row_ += lines_down;
  }

 private:
  static constexpr std::size_t kHeight = 25, kWidth = 80;

  void put(std::size_t row, std::size_t column, char32_t character, unsigned instructions) {
    rows_[row][column] = character;
    for (unsigned i = 0; i < instructions; ++i) tick_();
  }
  void scroll(std::size_t by) {
    for (std::size_t r = 0; r < kHeight; ++r) {
      for (std::size_t c = 0; c < kWidth; ++c) {
        put(r, c, r + by < kHeight ? rows_[r + by][c] : U' ', 1);
      }
    }
    row_ -= by;
  }

  std::function<void()> tick_;
  std::vector<std::u32string> rows_;
  std::size_t row_ = 0;
};

std::string narrow(const std::u32string& text) {
  return {text.begin(), text.end()};
}
std::u32string widen(const std::string& text) {
  return {text.begin(), text.end()};
}
}  // namespace

TEST_CASE("screen watch: a stale prompt does not match twice", "[emu][screen]") {
  ScreenWatch watch;
  watch.look(screen({U"A:\\>"}));
  REQUIRE(watch.find(U"A:\\>"));
  REQUIRE_FALSE(watch.find(U"A:\\>"));
  watch.look(screen({U"A:\\>dir", U"3 files", U"A:\\>"}));
  REQUIRE(watch.find(U"A:\\>"));  // the echo: part of it changed
}

TEST_CASE("screen watch: after a match only later text counts", "[emu][screen]") {
  ScreenWatch watch;
  watch.look(screen({U"one", U"two", U"three"}));
  REQUIRE(watch.find(U"two"));
  REQUIRE_FALSE(watch.find(U"one"));
  REQUIRE(watch.find(U"three"));
}

TEST_CASE("screen watch: scrolling keeps a consumed prompt consumed", "[emu][screen]") {
  ScreenWatch watch;
  watch.look(screen({U"boot", U"hello", U"", U"", U"A:\\>"}));
  REQUIRE(watch.find(U"A:\\>"));
  watch.look(screen({U"hello", U"", U"", U"A:\\>ver", U""}));
  REQUIRE_FALSE(watch.find(U"hello"));
  REQUIRE(watch.find(U"ver"));
  watch.look(screen({U"", U"", U"A:\\>ver", U"", U"FreeCom"}));
  watch.look(screen({U"A:\\>ver", U"", U"FreeCom", U"", U"A:\\>"}));
  REQUIRE(watch.find(U"FreeCom"));
  REQUIRE(watch.find(U"A:\\>"));
  REQUIRE_FALSE(watch.find(U"A:\\>"));
}

TEST_CASE("screen watch: text that scrolled off between two finds is still found",
          "[emu][screen]") {
  ScreenWatch watch;
  watch.look(screen({U"1", U"2", U"3", U"4", U"5"}));
  watch.look(screen({U"4", U"5", U"6", U"7", U"8"}));
  watch.look(screen({U"7", U"8", U"9", U"10", U"11"}));
  REQUIRE(watch.find(U"2"));
  REQUIRE(watch.find(U"6"));
  REQUIRE(watch.find(U"11"));
}

TEST_CASE("screen watch: a change of mode keeps what was seen", "[emu][screen]") {
  ScreenWatch watch;
  watch.look(screen({U"before"}));
  watch.look({2, std::u32string(40, U'x')});
  REQUIRE(watch.find(U"before"));
  REQUIRE(watch.find(U"xxxx"));
}

TEST_CASE("screen watch: a screen caught in the middle of scrolling waits for the rest",
          "[emu][screen]") {
  ScreenWatch watch;
  REQUIRE(watch.look(screen({U"boot", U"hello", U"A:\\>ver", U"FreeCom", U"A:\\>"})));
  REQUIRE(watch.find(U"FreeCom"));
  REQUIRE(watch.find(U"A:\\>"));
  // Two rows moved, the others not yet; then the last one, not yet blank.
  REQUIRE_FALSE(watch.look(screen({U"hello", U"A:\\>ver", U"A:\\>ver", U"FreeCom", U"A:\\>"})));
  REQUIRE_FALSE(watch.look(screen({U"hello", U"A:\\>ver", U"FreeCom", U"A:\\>", U"A:\\>"})));
  REQUIRE(watch.look(screen({U"hello", U"A:\\>ver", U"FreeCom", U"A:\\>", U""})));
  REQUIRE_FALSE(watch.find(U"A:\\>"));
  REQUIRE_FALSE(watch.find(U"FreeCom"));
}

TEST_CASE("screen watch: a prompt below a like one counts once the screen stays so",
          "[emu][screen]") {
  ScreenWatch watch;
  REQUIRE(watch.look(screen({U"boot", U"", U"A:\\>", U"A:\\>", U"A:\\>"})));
  while (watch.find(U"A:\\>")) {
  }
  const auto enter_pressed = screen({U"", U"A:\\>", U"A:\\>", U"A:\\>", U"A:\\>"});
  int looks = 1;
  while (!watch.look(enter_pressed)) REQUIRE(++looks < 100);
  REQUIRE(watch.find(U"A:\\>"));
  REQUIRE_FALSE(watch.find(U"A:\\>"));
}

TEST_CASE("screen watch: of several texts the one that stands first wins", "[emu][screen]") {
  ScreenWatch watch;
  watch.look(screen({U"", U"b then a", U"c"}));
  const std::vector<ScreenWatch::Finder> finders = {ScreenWatch::text_finder(U"a"),
                                                    ScreenWatch::text_finder(U"b"),
                                                    ScreenWatch::text_finder(U"c")};
  REQUIRE(watch.find_any(finders)->which == 1);
  REQUIRE(watch.find_any(finders)->which == 0);
  REQUIRE(watch.find_any(finders)->text == U"c");
  REQUIRE_FALSE(watch.find_any(finders).has_value());
}

TEST_CASE("screen watch: however the looks fall, every line printed is in the transcript once",
          "[emu][screen]") {
  // Instructions between two looks, and how much that varies: within a scroll, and several apart.
  struct Looks {
    int interval, spread;
    std::size_t lines_down;
  };
  const auto [interval, spread, lines_down] =
      GENERATE(Looks{100, 0, 1}, Looks{500, 0, 1}, Looks{499, 300, 1}, Looks{2500, 2400, 1},
               Looks{2080, 0, 1}, Looks{10'000, 9000, 1}, Looks{20'000, 0, 1}, Looks{500, 400, 2},
               Looks{2080, 0, 2}, Looks{2500, 2400, 2}, Looks{10'000, 5000, 2});
  std::mt19937 random(static_cast<unsigned>(interval) * 7 + static_cast<unsigned>(lines_down));
  ScreenWatch watch;
  int until_look = interval;
  const Printer* screen = nullptr;
  Printer printer([&] {
    if (--until_look > 0) return;
    until_look =
        interval +
        (spread != 0 ? static_cast<int>(random() % static_cast<unsigned>(2 * spread)) - spread : 0);
    watch.look(screen->rows());
  });
  screen = &printer;
  constexpr int count = 300;
  std::vector<std::u32string> printed;
  for (int i = 0; i < count; ++i) {
    const std::string dots(random() % 50, '.');
    printed.push_back(widen(std::to_string(i) + ": " + dots));
    printer.line(printed.back(), lines_down);
  }
  while (!watch.look(printer.rows())) {
  }
  std::vector<std::u32string> seen;
  for (std::u32string row : watch.transcript()) {
    row.erase(row.find_last_not_of(U' ') + 1);
    if (!row.empty()) seen.push_back(row);
  }
  for (std::u32string& line : printed) line.erase(line.find_last_not_of(U' ') + 1);
  seen.resize(printed.size());
  for (std::size_t i = 0; i < printed.size(); ++i) {
    INFO("a look every " << interval << " +- " << spread << ", scrolling by " << lines_down);
    REQUIRE(narrow(seen[i]) == narrow(printed[i]));
  }
  for (const std::u32string& line : printed) REQUIRE(watch.find(line));
  for (const std::u32string& line : printed) REQUIRE_FALSE(watch.find(line));
}

TEST_CASE("screen watch: a prompt matched while the screen is being scrolled does not match again",
          "[emu][screen]") {
  const int interval = GENERATE(100, 333, 500, 1024, 2500);
  ScreenWatch watch;
  int until_look = interval, matches = 0;
  const Printer* screen = nullptr;
  Printer printer([&] {
    if (--until_look > 0) return;
    until_look = interval;
    if (watch.look(screen->rows()) && watch.find(U"A:\\>")) ++matches;
  });
  screen = &printer;
  printer.line(U"A:\\>", 1);
  for (int i = 0; i < 60; ++i) printer.line(U"line " + widen(std::to_string(i)), 1);
  while (!watch.look(printer.rows())) {
  }
  if (watch.find(U"A:\\>")) ++matches;
  REQUIRE(matches == 1);
}
