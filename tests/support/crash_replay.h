// Cuts the power: rebuilds the files as a crash after the k-th recorded call may have left them.
// The model is POSIX's minimum (docs: README, "What a crash leaves"): after a file's last sync any
// subset of its later calls may be on disk, a write torn at 512 bytes, the length grown without the
// data; what a folder lists is durable only after the folder's own sync; one file's sync says
// nothing about another.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/support/memory_host.h"

namespace support {

struct CrashEffort {
  std::size_t subsets = 50;        // seeded random subsets, torn here and there
  std::size_t singles = SIZE_MAX;  // how many calls are tried alone, and how many left out
  // After so many of the calls, evenly spread; after the others it is all, nothing or lengths only.
  std::size_t places = SIZE_MAX;

  // What is left of it after `done` of `calls` calls.
  CrashEffort after(std::size_t done, std::size_t calls) const {
    const std::size_t stride = calls / places + 1;
    return done % stride == 0 ? *this : CrashEffort{.subsets = 0, .singles = 0};
  }
};

struct CrashState {
  std::size_t calls = 0;  // how many of the recorded calls had been made
  std::string policy;     // "all kept": what a killed process leaves; the others: a power cut
  bool killed = false;
  std::shared_ptr<MemoryHost> host;
};

class CrashReplay {
 public:
  // The host's record must not change meanwhile.
  explicit CrashReplay(const MemoryHost& host);

  std::size_t calls() const { return calls_->size(); }
  // Moves on to the state after `calls` calls; ascending only.
  void advance_to(std::size_t calls);
  void for_each_state(std::uint32_t seed, const CrashEffort& effort,
                      const std::function<void(const CrashState&)>& visit) const;

 private:
  // How much of a pending call reaches the disk.
  enum class Fate : std::uint8_t { kept, dropped, length_only, first_half, second_half, scattered };
  using Entries = std::map<std::string, std::uint64_t>;
  using Nodes = std::map<std::uint64_t, SparseBytes>;

  static void apply(const RecordedCall& call, Fate fate, std::mt19937& random, Entries& entries,
                    Nodes& nodes);
  std::shared_ptr<MemoryHost> build(const std::vector<Fate>& fates, std::mt19937& random) const;

  const std::vector<RecordedCall>* calls_;
  std::size_t done_ = 0;
  std::uint64_t next_number_;
  std::uint64_t next_seed_;
  Entries entries_;  // durable
  Nodes nodes_;      // durable
  std::vector<std::size_t> pending_;
};

}  // namespace support
