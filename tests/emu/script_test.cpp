// What scripts stand on: breakpoints, faults and snapshots of drives, golden pictures, reports.
#include <string>
#include <vector>

#include "emu/breakpoint.h"
#include "emu/drive_tap.h"
#include "emu/golden.h"
#include "emu/run_options.h"
#include "emu/test_report.h"
#include "storage/memory_device.h"
#include "tests/catch.hpp"

using emu::Breakpoint;
using emu::DriveTap;
using storage::IoStatus;

namespace {

constexpr std::uint64_t kSectors = 100;

DriveTap tap_on_zeroes(DriveTap::Writes writes = DriveTap::Writes::through) {
  return DriveTap(
      std::make_unique<storage::MemoryDevice>(std::span<const std::uint8_t>(), kSectors), writes);
}

std::vector<std::uint8_t> sectors_of(std::uint8_t value, std::size_t count = 1) {
  return std::vector<std::uint8_t>(count * storage::kSectorSize, value);
}

std::uint8_t first_byte(DriveTap& tap, std::uint64_t lba) {
  std::vector<std::uint8_t> sector = sectors_of(0xEE);
  REQUIRE(tap.read(lba, sector) == IoStatus::ok);
  return sector[0];
}

emu::Picture grey(std::uint32_t width, std::uint32_t height, std::uint8_t value) {
  return {width, height, std::vector<std::uint8_t>(std::size_t{width} * height * 4, value)};
}

}  // namespace

TEST_CASE("breakpoints: words become conditions", "[emu][script]") {
  const Breakpoint exec = emu::parse_breakpoint("exec f000:e05b");
  REQUIRE(exec.kind == Breakpoint::Kind::execute);
  REQUIRE(exec.first == 0xFE05B);
  const Breakpoint call = emu::parse_breakpoint("int 13 ah=03 dl=80");
  REQUIRE(call.kind == Breakpoint::Kind::interrupt);
  REQUIRE(call.first == 0x13);
  REQUIRE(call.conditions.size() == 2);
  REQUIRE(call.conditions[0].shift == 8);
  REQUIRE(call.conditions[1].value == 0x80);
  const Breakpoint disk = emu::parse_breakpoint("disk ide0.0 write lba 0..62");
  REQUIRE(disk.slot == emu::DriveSlot::ide0_0);
  REQUIRE((!disk.reads && disk.writes));
  REQUIRE((disk.first == 0 && disk.last == 62));
  REQUIRE(emu::parse_breakpoint("port 1f0..1f7").last == 0x1F7);
  const Breakpoint ticks = emu::parse_breakpoint("mem 40:6c..6f write ax=1");
  REQUIRE(ticks.kind == Breakpoint::Kind::memory);
  REQUIRE((ticks.first == 0x46C && ticks.last == 0x46F));
  REQUIRE((!ticks.reads && ticks.writes && !ticks.physical));
  REQUIRE(ticks.conditions.size() == 1);
  const Breakpoint screen = emu::parse_breakpoint("phys b8000..b8f9f access");
  REQUIRE((screen.physical && screen.reads && screen.writes && screen.last == 0xB8F9F));
}

TEST_CASE("breakpoints: what makes no sense is refused", "[emu][script]") {
  for (const char* text :
       {"", "exec", "exec zz", "exec 10000:0", "int 100", "int 13 ah=100", "int 13 xx=1",
        "int 13 ah", "port 10000", "disk sda", "disk fd0 lba", "disk fd0 lba 5..2", "watch 0",
        "mem", "mem 5..2", "mem zz", "mem 600 sometimes"}) {
    INFO(text);
    REQUIRE_THROWS_AS(emu::parse_breakpoint(text), emu::UsageError);
  }
}

TEST_CASE("drive tap: a fault shows as often as it says, and only to single sectors",
          "[emu][script]") {
  DriveTap tap = tap_on_zeroes();
  tap.add_fault({.first = 5, .last = 5, .times = 2});
  std::vector<std::uint8_t> many = sectors_of(0, 4);
  std::vector<std::uint8_t> one = sectors_of(0);
  // A drive that finds a block bad repeats it by sectors: the block uses nothing up.
  REQUIRE(tap.read(3, many) == IoStatus::host_error);
  REQUIRE(tap.read(3, many) == IoStatus::host_error);
  REQUIRE(tap.read(4, one) == IoStatus::ok);
  REQUIRE(tap.read(5, one) == IoStatus::host_error);
  REQUIRE(tap.read(5, one) == IoStatus::host_error);
  REQUIRE(tap.read(5, one) == IoStatus::ok);
  REQUIRE(tap.read(3, many) == IoStatus::ok);
  REQUIRE(tap.faults_shown() == 2);
}

TEST_CASE("drive tap: snapshots are there again after a revert", "[emu][script]") {
  DriveTap tap = tap_on_zeroes();
  REQUIRE(tap.write(1, sectors_of(1)) == IoStatus::ok);
  tap.snapshot("one");
  REQUIRE(tap.write(1, sectors_of(2)) == IoStatus::ok);
  tap.snapshot("two");
  REQUIRE(tap.write(1, sectors_of(3)) == IoStatus::ok);
  REQUIRE(first_byte(tap, 1) == 3);
  REQUIRE(tap.revert("one"));
  REQUIRE(first_byte(tap, 1) == 1);
  REQUIRE(tap.revert("two"));
  REQUIRE(first_byte(tap, 1) == 2);
  REQUIRE_FALSE(tap.revert("three"));

  std::vector<std::uint8_t> below = sectors_of(0);
  REQUIRE(tap.image().read(1, below) == IoStatus::ok);
  REQUIRE(below[0] == 1);  // what came before the first snapshot, nothing after it
  REQUIRE(tap.commit() == IoStatus::ok);
  REQUIRE(tap.image().read(1, below) == IoStatus::ok);
  REQUIRE(below[0] == 2);
  REQUIRE_FALSE(tap.revert("one"));
}

TEST_CASE("drive tap: discarded writes never reach the image", "[emu][script]") {
  DriveTap tap = tap_on_zeroes(DriveTap::Writes::discard);
  REQUIRE(tap.write(99, sectors_of(7)) == IoStatus::ok);
  REQUIRE(first_byte(tap, 99) == 7);
  REQUIRE(tap.flush() == IoStatus::ok);
  REQUIRE(tap.close() == IoStatus::ok);
  std::vector<std::uint8_t> below = sectors_of(0xEE);
  REQUIRE(tap.image().read(99, below) == IoStatus::ok);
  REQUIRE(below[0] == 0);
  REQUIRE(tap.bytes_written_to_image() == 0);
}

TEST_CASE("drive tap: what is held comes out once, in order, newest content", "[emu][script]") {
  DriveTap tap = tap_on_zeroes(DriveTap::Writes::discard);
  REQUIRE(tap.write(99, sectors_of(1)) == IoStatus::ok);
  REQUIRE(tap.write(3, sectors_of(2, 2)) == IoStatus::ok);
  tap.capture();
  REQUIRE(tap.write(4, sectors_of(3)) == IoStatus::ok);
  std::vector<std::pair<std::uint64_t, int>> held;
  tap.for_each_held([&](std::uint64_t lba, std::span<const std::uint8_t> sector) {
    held.emplace_back(lba, sector[0]);
  });
  REQUIRE(held == std::vector<std::pair<std::uint64_t, int>>{{3, 2}, {4, 3}, {99, 1}});
}

TEST_CASE("golden pictures: tolerance, masks and sizes", "[emu][script]") {
  const emu::Picture golden = grey(10, 10, 100);
  REQUIRE_FALSE(emu::compare_pictures(grey(10, 10, 100), golden, {}).has_value());
  REQUIRE(emu::compare_pictures(grey(10, 10, 103), golden, {}).has_value());
  REQUIRE_FALSE(
      emu::compare_pictures(grey(10, 10, 103), golden, {.tolerance = 3, .masks = {}}).has_value());
  REQUIRE(emu::compare_pictures(grey(9, 10, 100), golden, {}).has_value());

  emu::Picture spot = golden;
  spot.rgba[(4 * 10 + 7) * 4] = 0;
  const auto difference = emu::compare_pictures(spot, golden, {});
  REQUIRE(difference.has_value());
  REQUIRE(difference->text == "1 pixels differ, by up to 100 of 255, inside x 7..7, y 4..4");
  REQUIRE_FALSE(
      emu::compare_pictures(spot, golden, {.tolerance = 0, .masks = {{7, 4, 1, 1}}}).has_value());
  REQUIRE(
      emu::compare_pictures(spot, golden, {.tolerance = 0, .masks = {{6, 4, 1, 1}}}).has_value());
}

TEST_CASE("test reports: XML holds whatever a guest prints", "[emu][script]") {
  emu::TestResult result;
  result.spec.file = "a & b.lua";
  result.spec.name = "<\"quoted\">";
  result.outcome = emu::TestOutcome::failed;
  result.exit_code = 1;
  result.failures.push_back("line one\nline \x01 two\xFF\n");
  const std::string xml = emu::junit_report({&result, 1});
  CHECK(xml.find("classname=\"a &amp; b\"") != std::string::npos);
  CHECK(xml.find("name=\"&lt;&quot;quoted&quot;&gt;\"") != std::string::npos);
  CHECK(xml.find("message=\"line one\"") != std::string::npos);
  CHECK(xml.find("line ? two\xEF\xBF\xBD") != std::string::npos);
  CHECK(xml.find('\x01') == std::string::npos);
}

TEST_CASE("test reports: the exit code is the failures' own when they agree", "[emu][script]") {
  std::vector<emu::TestResult> results(3);
  REQUIRE(emu::exit_code_of(results) == 0);
  results[0].outcome = emu::TestOutcome::failed;
  results[0].exit_code = 4;
  REQUIRE(emu::exit_code_of(results) == 4);
  results[2].outcome = emu::TestOutcome::failed;
  results[2].exit_code = 3;
  REQUIRE(emu::exit_code_of(results) == 1);
}
