// The instruments that measure the drivers: a crash may leave this and nothing else.
#include <set>
#include <string>

#include "tests/catch.hpp"
#include "tests/support/crash_replay.h"

using storage::IoStatus;

namespace {

std::string text(const std::shared_ptr<support::MemoryHost>& host, const std::string& name) {
  if (!host->has(name)) return "(absent)";
  std::string found;
  for (const std::uint8_t byte : host->bytes(name).all()) {
    const char shown = byte == 0 ? '0' : static_cast<char>(byte);
    if (found.empty() || found.back() != shown) found += shown;
  }
  return found;
}

void write(storage::File& file, std::uint64_t offset, char what, std::size_t count) {
  const std::vector<std::uint8_t> bytes(count, static_cast<std::uint8_t>(what));
  REQUIRE(file.write_at(offset, bytes) == IoStatus::ok);
}

}  // namespace

TEST_CASE("crash replay: unsynced writes may be lost, synced ones may not", "[support]") {
  const auto host = support::MemoryHost::make();
  const auto folder = host->root();
  const auto a = folder->create("a");
  const auto b = folder->create("b");
  host->record();
  write(*a, 0, 'x', 512);
  write(*b, 0, 'y', 512);
  REQUIRE(a->sync() == IoStatus::ok);
  write(*a, 512, 'z', 512);

  std::set<std::string> seen;
  support::CrashReplay replay(*host);
  replay.advance_to(4);
  replay.for_each_state(1, {}, [&](const support::CrashState& state) {
    seen.insert(text(state.host, "a") + " " + text(state.host, "b"));
    if (state.killed) REQUIRE(text(state.host, "a") + text(state.host, "b") == "xzy");
  });
  // b's write was never synced, whatever was done to a.
  REQUIRE(seen ==
          std::set<std::string>{"x ", "x y", "x 0", "xz ", "xz y", "xz 0", "x0 ", "x0 y", "x0 0"});
}

TEST_CASE("crash replay: writes tear at 512 bytes", "[support]") {
  const auto host = support::MemoryHost::make();
  const auto file = host->root()->create("a");
  write(*file, 0, 'o', 1536);
  host->record();
  write(*file, 256, 'n', 1024);
  std::set<std::string> seen;
  support::CrashReplay replay(*host);
  replay.advance_to(1);
  replay.for_each_state(1, {.subsets = 300}, [&](const auto& state) {
    std::string sectors;
    for (const std::uint64_t place : {300U, 700U, 1100U}) {
      sectors += static_cast<char>(state.host->bytes("a").all()[place]);
    }
    seen.insert(sectors);
  });
  REQUIRE(seen.contains("ooo"));
  REQUIRE(seen.contains("nnn"));
  REQUIRE(seen.contains("noo"));
  REQUIRE(seen.contains("onn"));
  REQUIRE(seen.contains("non"));
}

TEST_CASE("crash replay: names need the folder's sync", "[support]") {
  const auto host = support::MemoryHost::make();
  const auto folder = host->root();
  {
    const auto old = folder->create("text");
    write(*old, 0, 'o', 10);
  }
  host->record();
  const auto draft = folder->create("draft");
  write(*draft, 0, 'n', 10);
  REQUIRE(draft->sync() == IoStatus::ok);
  REQUIRE(folder->rename("draft", "text") == IoStatus::ok);
  support::CrashReplay replay(*host);
  std::set<std::string> seen;
  const auto look = [&](const support::CrashState& state) {
    seen.insert(text(state.host, "text"));
  };
  replay.advance_to(4);
  replay.for_each_state(1, {}, look);
  REQUIRE(seen == std::set<std::string>{"o", "n"});
  REQUIRE(folder->sync() == IoStatus::ok);
  support::CrashReplay after(*host);
  after.advance_to(5);
  seen.clear();
  after.for_each_state(1, {}, look);
  REQUIRE(seen == std::set<std::string>{"n"});
}

TEST_CASE("sparse bytes: copies share until one is written", "[support]") {
  support::SparseBytes first;
  first.resize(std::uint64_t{1} << 41);
  const std::vector<std::uint8_t> data(5000, 7);
  first.write((std::uint64_t{1} << 40) - 100, data);
  support::SparseBytes second = first;
  REQUIRE(first == second);
  second.zero(0, std::uint64_t{1} << 40);
  REQUIRE_FALSE(first == second);
  REQUIRE(first.allocated_bytes() == 3 * 4096);
  REQUIRE(second.allocated_bytes() == 2 * 4096);
  const storage::FileRun hole = first.run_at(0);
  REQUIRE_FALSE(hole.data);
  REQUIRE(hole.end == (std::uint64_t{1} << 40) - 4096);
  REQUIRE(first.run_at(hole.end).end == (std::uint64_t{1} << 40) + 8192);
  first.resize((std::uint64_t{1} << 40) - 50);
  first.resize(std::uint64_t{1} << 40);
  std::vector<std::uint8_t> tail(100);
  first.read((std::uint64_t{1} << 40) - 100, tail);
  REQUIRE(tail[49] == 7);
  REQUIRE(tail[50] == 0);
}
