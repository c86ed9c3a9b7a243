#include "emu/screen_watch.h"

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
