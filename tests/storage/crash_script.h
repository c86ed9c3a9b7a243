// A seeded sequence of writes, zeroes, discards and flushes on one image, with the host calls that
// each of them made; and the judgement of what a crash left of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tests/storage/battery.h"
#include "tests/storage/disk_model.h"
#include "tests/support/crash_replay.h"

namespace support {

// What cuts and failures left of one image. Files that are the same byte for byte are opened once;
// what they show is compared with what each cut allows.
class Survivors {
 public:
  Survivors(const BatteryRow& row, std::string file) : row_(row), file_(std::move(file)) {}

  // As require_survivor(). Nothing: such files have been here before, and what they show is allowed
  // now, too.
  std::optional<Bytes> require(MemoryHost& host, const Allowed& allowed);

 private:
  const BatteryRow& row_;
  std::string file_;
  std::unordered_map<std::uint64_t, std::vector<WriteNumber>> shown_;  // by the host's digest
};

class CrashScript {
 public:
  CrashScript(const BatteryRow& row, const std::string& file)
      : row_(row), file_(file), survivors_(row, file) {}

  // The disk holds this before the script runs.
  std::vector<WriteNumber> base;

  // Opens the image, records, and makes `steps` calls; closes it at the end.
  void play(MemoryHost& host, std::size_t steps, std::uint32_t seed);
  // Every state after every call: opens, if need be after repair, shows only what it may show, and
  // can be written on without hurting anything.
  void judge(const MemoryHost& host, const CrashEffort& effort);

 private:
  const BatteryRow& row_;
  std::string file_;
  std::vector<JournalEntry> journal_;
  Survivors survivors_;
  std::uint32_t judged_ = 0;

  void judge(const CrashState& state, const Allowed& allowed);
};

// What a crash left must open for writing (repaired first, if that is what it takes); gives back
// what it shows.
Bytes require_opens(const BatteryRow& row, MemoryHost& host, const std::string& file);
// The same, and it shows what is allowed.
Bytes require_survivor(const BatteryRow& row, MemoryHost& host, const std::string& file,
                       const Allowed& allowed);
// Writes to a few sectors of a survivor must change these and nothing else.
void require_writable_on(const BatteryRow& row, MemoryHost& host, const std::string& file,
                         Bytes content, std::uint32_t seed);

// Records `operation` on the host, then shows every state that a crash may leave; those that are
// the same byte for byte once. The last one shown is that of the finished operation.
void replay_operation(MemoryHost& host, const CrashEffort& effort,
                      const std::function<void()>& operation,
                      const std::function<void(const CrashState&)>& judge);

// Runs `operation` on copies of the host, on which the first, the second, ... call fails (with
// `stays` all later ones too) until none does; it may throw ImageError. Then the fault is taken
// away and `judge` looks at what is left.
void fail_operation(const MemoryHost& host, bool stays,
                    const std::function<void(MemoryHost&)>& operation,
                    const std::function<void(MemoryHost&)>& judge);

// Small in CI, everything with PLATTER_FULL=1.
CrashEffort crash_effort();

}  // namespace support
