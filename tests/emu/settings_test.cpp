#include "emu/command_line.h"
#include "emu/nearest.h"
#include "emu/units.h"
#include "tests/catch.hpp"

using namespace emu;

TEST_CASE("sizes: powers of 1024, fractions, nothing else", "[emu][settings]") {
  REQUIRE(parse_size("640K") == 640u * 1024);
  REQUIRE(parse_size("4M") == 4u << 20);
  REQUIRE(parse_size("1.5G") == 3ull << 29);
  REQUIRE(parse_size("512") == 512);
  REQUIRE_FALSE(parse_size("-1"));
  REQUIRE_FALSE(parse_size("4X"));
  REQUIRE_FALSE(parse_size(""));
  REQUIRE_FALSE(parse_size("0.3"));
}

TEST_CASE("durations: seconds unless said", "[emu][settings]") {
  REQUIRE(parse_duration("60s") == 60'000'000'000);
  REQUIRE(parse_duration("500ms") == 500'000'000);
  REQUIRE(parse_duration("2") == 2'000'000'000);
  REQUIRE(parse_duration("1.5m") == 90'000'000'000);
  REQUIRE_FALSE(parse_duration("soon"));
}

TEST_CASE("numbers: hex in both spellings", "[emu][settings]") {
  REQUIRE(parse_number("F4h") == 0xF4);
  REQUIRE(parse_number("0xF4") == 0xF4);
  REQUIRE(parse_number("244") == 244);
  REQUIRE_FALSE(parse_number("F4"));
}

TEST_CASE("drive words: every key is read, a misspelt one is named with its neighbour",
          "[emu][settings]") {
  const DriveConfig drive =
      parse_drive("bus=ide0.1,file=a b.img,mode=ro,chs=65/16/63,truncate=on,format=raw");
  REQUIRE(drive.slot == DriveSlot::ide0_1);
  REQUIRE(drive.file == "a b.img");
  REQUIRE(drive.mode == DriveMode::ro);
  REQUIRE(drive.truncate);
  REQUIRE(drive.chs == storage::Geometry{65, 16, 63});
  REQUIRE_THROWS_WITH(parse_drive("bus=fd0,fiel=x"),
                      "drive 'bus=fd0,fiel=x': unknown key 'fiel'; did you mean 'file'?");
  REQUIRE_THROWS_AS(parse_drive("file=x"), UsageError);
  REQUIRE_THROWS_AS(parse_drive("bus=fd0,file=x,chs=65/17/63"), UsageError);
}

TEST_CASE("rtc: a date, a date with seconds, impossible dates refused", "[emu][settings]") {
  REQUIRE(parse_rtc("1994-02-28 23:59:58").second == 58);
  REQUIRE(parse_rtc("2000-02-29 00:00").day == 29);
  REQUIRE_THROWS_AS(parse_rtc("1900-02-29 00:00"), UsageError);
  REQUIRE_THROWS_AS(parse_rtc("2001-02-29 00:00"), UsageError);
  REQUIRE_THROWS_AS(parse_rtc("2001-02-28"), UsageError);
}

TEST_CASE("nearest: close words are suggested, far ones are not", "[emu][settings]") {
  const std::vector<std::string> known = {"--headless", "--until", "--type"};
  REQUIRE(nearest_word("--headles", known) == "--headless");
  REQUIRE(nearest_word("--utnil", known) == "--until");
  REQUIRE(nearest_word("--completely-else", known).empty());
}

TEST_CASE("command line: steps keep their order across options", "[emu][settings]") {
  const std::vector<std::string> words = {"run",     "--headless", "--until", "A>",
                                          "--type",  "dir\\n",     "--for",   "500ms",
                                          "--until", "bytes",      "--key",   "f10"};
  const auto parsed = parse_command_line(words);
  const auto& steps = std::get<RunOptions>(parsed).steps;
  REQUIRE(steps.size() == 5);
  REQUIRE(steps[0].text == "A>");
  REQUIRE(steps[1].kind == Step::Kind::type);
  REQUIRE(steps[2].duration == 500'000'000);
  REQUIRE(steps[3].text == "bytes");
  REQUIRE(steps[4].kind == Step::Kind::key);
}

TEST_CASE("command line: an unknown option is refused with its neighbour", "[emu][settings]") {
  const std::vector<std::string> words = {"run", "--headles"};
  REQUIRE_THROWS_WITH(parse_command_line(words),
                      "unknown option '--headles'; did you mean '--headless'?");
}

TEST_CASE("command line: two drives on one slot are refused by name", "[emu][settings]") {
  const std::vector<std::string> words = {"--hda", "a.img", "--drive", "bus=ide0.0,file=b.img"};
  REQUIRE_THROWS_WITH(parse_command_line(words), "two drives on ide0.0: 'b.img' and 'a.img'");
}
