#include "tests/storage/crash_script.h"

#include <algorithm>
#include <unordered_set>

#include "storage/image_error.h"

namespace support {

using storage::IoStatus;
using storage::kSectorSize;
using storage::OpenMode;

CrashEffort crash_effort() {
  if (full_run()) return {};
  return {.subsets = 6, .singles = 4, .places = 30};
}

void CrashScript::play(MemoryHost& host, std::size_t steps, std::uint32_t seed) {
  std::mt19937 random(seed);
  auto image = open_row(row_, host, file_);
  const std::uint64_t total = image.device->sector_count();
  base.resize(static_cast<std::size_t>(total), 0);
  host.record();
  WriteNumber number = 1000;
  for (std::size_t step = 0; step < steps; ++step) {
    JournalEntry entry;
    entry.begin = host.recorded().size();
    const auto kind = random() % 10;
    entry.lba = random() % total;
    // A few places again and again: rewriting and growing matter more than reach.
    if (random() % 2 == 0) entry.lba %= std::min<std::uint64_t>(total, 24);
    entry.count =
        1 + random() % std::min<std::uint64_t>(random() % 4 == 0 ? 64 : 5, total - entry.lba);
    IoStatus status = IoStatus::ok;
    if (kind < 6) {
      entry.number = ++number;
      status = image.device->write(entry.lba, fill_sectors(number, entry.lba, entry.count));
    } else if (kind == 6) {
      entry.kind = DiskCall::zeroes;
      status = image.device->write_zeroes(entry.lba, entry.count);
    } else if (kind == 7) {
      entry.kind = DiskCall::discard;
      status = image.device->discard(entry.lba, entry.count);
    } else {
      entry.kind = DiskCall::flush;
      status = image.device->flush();
    }
    if (status != IoStatus::ok) FAIL("step " << step << ": " << storage::describe(status));
    entry.end = host.recorded().size();
    journal_.push_back(entry);
  }
  JournalEntry last{.kind = DiskCall::flush, .begin = host.recorded().size()};
  REQUIRE(image.device->close() == IoStatus::ok);
  last.end = host.recorded().size();
  journal_.push_back(last);
  image = {};
}

Bytes require_opens(const BatteryRow& row, MemoryHost& host, const std::string& file) {
  std::string trouble;
  for (int attempt = 0; attempt < 2; ++attempt) {
    try {
      const auto image = open_row(row, host, file);
      Bytes disk(static_cast<std::size_t>(image.device->sector_count() * kSectorSize), 0xEE);
      const IoStatus status = image.device->read(0, disk);
      if (status == IoStatus::ok && !image.device->read_only()) return disk;
      trouble = "read: " + std::string(storage::describe(status));
    } catch (const storage::ImageError& error) {
      trouble = error.what();
    }
    if (row.format->check == nullptr) break;
    storage::CheckOptions repair;
    repair.repair = storage::CheckOptions::Repair::all;
    try {
      storage::check_image(host.place(file), *row.format, repair, {});
    } catch (const storage::ImageError& error) {
      trouble += std::string("; repair: ") + error.what();
    }
  }
  FAIL("does not open: " << trouble);
  return {};
}

Bytes require_survivor(const BatteryRow& row, MemoryHost& host, const std::string& file,
                       const Allowed& allowed) {
  Bytes disk = require_opens(row, host, file);
  if (disk.size() != allowed.size() * kSectorSize) FAIL("the disk's size changed");
  const std::string wrong = mismatch(disk, allowed);
  if (!wrong.empty()) FAIL(wrong);
  return disk;
}

std::optional<Bytes> Survivors::require(MemoryHost& host, const Allowed& allowed) {
  const std::uint64_t digest = host.digest();
  if (const auto known = shown_.find(digest); known != shown_.end()) {
    const std::string wrong = mismatch(known->second, allowed);
    if (!wrong.empty()) FAIL(wrong);
    return std::nullopt;
  }
  Bytes disk = require_survivor(row_, host, file_, allowed);
  shown_[digest] = writes_of(disk);
  return disk;
}

void require_writable_on(const BatteryRow& row, MemoryHost& host, const std::string& file,
                         Bytes content, std::uint32_t seed) {
  std::mt19937 random(seed);
  {
    const auto image = open_row(row, host, file);
    const std::uint64_t total = image.device->sector_count();
    for (WriteNumber number = 3000; number < 3004; ++number) {
      const std::uint64_t lba = random() % total;
      const std::uint64_t count = 1 + random() % std::min<std::uint64_t>(12, total - lba);
      const Bytes bytes = fill_sectors(number, lba, count);
      if (image.device->write(lba, bytes) != IoStatus::ok) FAIL("cannot be written on");
      std::ranges::copy(bytes, content.begin() + static_cast<std::ptrdiff_t>(lba * kSectorSize));
    }
    if (image.device->close() != IoStatus::ok) FAIL("cannot be closed");
  }
  const auto image = open_row(row, host, file, {.mode = OpenMode::read_only});
  Bytes disk(content.size(), 0xEE);
  if (image.device->read(0, disk) != IoStatus::ok) FAIL("cannot be read after writing on");
  for (std::size_t at = 0; at < disk.size(); at += kSectorSize) {
    const auto sector = std::span(disk).subspan(at, kSectorSize);
    if (std::ranges::equal(sector, std::span(content).subspan(at, kSectorSize))) continue;
    FAIL("writing on hurt sector " << at / kSectorSize << ": it holds "
                                   << story_of(sector, at / kSectorSize));
  }
}

void CrashScript::judge(const CrashState& state, const Allowed& allowed) {
  INFO("after " << state.calls << " host calls, " << state.policy);
  const auto disk = survivors_.require(*state.host, allowed);
  if (!disk) return;
  require_writable_on(row_, *state.host, file_, *disk, ++judged_);
  if (row_.format->check == nullptr) return;
  // Leaks are what a cut may leave; errors that repair does not mend it may not.
  storage::CheckOptions repair;
  repair.repair = storage::CheckOptions::Repair::all;
  storage::check_image(state.host->place(file_), *row_.format, repair, {});
  require_clean(row_, *state.host, file_, false);
}

void CrashScript::judge(const MemoryHost& host, const CrashEffort& effort) {
  CrashReplay replay(host);
  for (std::size_t calls = 0; calls <= replay.calls(); ++calls) {
    replay.advance_to(calls);
    const Allowed killed = allowed_after(base, journal_, calls, true);
    const Allowed cut = allowed_after(base, journal_, calls, false);
    replay.for_each_state(77, effort.after(calls, replay.calls()), [&](const CrashState& state) {
      judge(state, state.killed ? killed : cut);
    });
  }
}

void replay_operation(MemoryHost& host, const CrashEffort& effort,
                      const std::function<void()>& operation,
                      const std::function<void(const CrashState&)>& judge) {
  host.record();
  operation();
  CrashReplay replay(host);
  std::unordered_set<std::uint64_t> seen;
  const auto show = [&](const CrashState& state) {
    INFO("after " << state.calls << " of " << replay.calls() << " host calls, " << state.policy);
    judge(state);
  };
  for (std::size_t calls = 0; calls <= replay.calls(); ++calls) {
    replay.advance_to(calls);
    replay.for_each_state(78, effort.after(calls, replay.calls()), [&](const CrashState& state) {
      if (seen.insert(state.host->digest()).second) show(state);
    });
  }
  show({replay.calls(), "finished", true, host.copy()});
}

void fail_operation(const MemoryHost& fresh, bool stays,
                    const std::function<void(MemoryHost&)>& operation,
                    const std::function<void(MemoryHost&)>& judge) {
  const std::uint64_t most = full_run() ? UINT64_MAX : 200;
  std::unordered_set<std::uint64_t> seen;
  for (std::uint64_t n = 1; n <= most; ++n) {
    const auto host = fresh.copy();
    const IoStatus status = n % 2 == 0 ? IoStatus::no_space : IoStatus::host_error;
    host->fail(n, status, MemoryHost::Counted::all, stays);
    std::string said = "nothing";
    try {
      operation(*host);
    } catch (const storage::ImageError& error) {
      said = error.what();
    }
    const auto fired = host->fault_fired();
    host->clear_fault();
    INFO("call " << n << " and " << (stays ? "all later ones" : "no other") << ": "
                 << storage::describe(status) << "; it said " << said);
    if (!fired && said != "nothing") FAIL("fails without a fault");
    if (seen.insert(host->digest()).second) judge(*host);
    if (!fired) return;
  }
}

}  // namespace support
