// A host in memory: folders of files that can fail at the n-th call and that record every call that
// changes something, so that crash_replay.h can cut the power anywhere. Locks are not modelled.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/directory.h"
#include "storage/file.h"
#include "tests/support/sparse_bytes.h"

namespace support {

enum class HostCall : std::uint8_t {
  read,  // counted, never recorded
  write,
  zero,
  resize,
  sync,
  create,
  rename,
  remove,
  sync_directory,
};

struct RecordedCall {
  HostCall kind;
  std::uint64_t node = 0;  // which file
  std::uint64_t offset = 0;
  std::uint64_t length = 0;             // zero: bytes; resize: the new size
  std::vector<std::uint8_t> data = {};  // write
  std::string name = {};                // of the folder's entry, from its root
  std::string to = {};                  // rename
};

struct HostFile {
  std::uint64_t number = 0;
  SparseBytes bytes;
};

class MemoryHost : public std::enable_shared_from_this<MemoryHost> {
 public:
  static std::shared_ptr<MemoryHost> make() { return std::make_shared<MemoryHost>(); }
  // The same files and limit, with no faults and nothing recorded.
  std::shared_ptr<MemoryHost> copy() const;

  // Each call makes a folder with a registry of its own: another process, so to speak.
  storage::DirectoryPtr root(storage::HostRules rules = {});
  storage::Place place(const std::string& name, storage::HostRules rules = {}) {
    return {root(std::move(rules)), name};
  }

  bool has(const std::string& name) const { return entries_.contains(name); }
  std::vector<std::string> names() const;
  SparseBytes& bytes(const std::string& name) { return entries_.at(name)->bytes; }
  void put(const std::string& name, std::span<const std::uint8_t> bytes);
  bool same_files(const MemoryHost& other) const;
  // Of all names, sizes, holes and bytes: equal hosts have equal ones, others as good as never.
  std::uint64_t digest() const;

  // No file may hold more bytes than this from now on; holes are free.
  void limit_files(std::uint64_t bytes) { most_bytes_ = bytes; }

  // Which calls a planned fault counts: all, or only those that need space on the host.
  enum class Counted : std::uint8_t { all, changes };
  // The n-th counted call from now on (1: the next) reports `status` and does nothing else; with
  // `stays` all later ones too, until clear_fault().
  void fail(std::uint64_t n, storage::IoStatus status, Counted counted, bool stays = false);
  void clear_fault() { fault_.reset(); }
  // Whether the planned fault has happened, and to what.
  std::optional<HostCall> fault_fired() const { return fired_; }

  // Another one at every call: sessions with the same seed would draw the same ids.
  std::uint64_t next_seed() { return next_seed_++; }

  // From now on: what is there is durable, and every change is kept.
  void record();
  const std::vector<RecordedCall>& recorded() const { return recorded_; }
  std::uint64_t reads() const { return reads_; }
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  friend class CrashReplay;
  friend class MemoryHandle;
  friend class MemoryDirectory;
  struct Fault {
    std::uint64_t left;
    storage::IoStatus status;
    Counted counted;
    bool stays;
  };

  storage::IoStatus count(HostCall call);
  void note(RecordedCall call) {
    if (recording_) recorded_.push_back(std::move(call));
  }

  std::map<std::string, std::shared_ptr<HostFile>> entries_;
  std::uint64_t next_number_ = 1;
  std::uint64_t next_seed_ = 1;
  std::uint64_t most_bytes_ = std::uint64_t{1} << 62;
  std::optional<Fault> fault_;
  std::optional<HostCall> fired_;
  bool recording_ = false;
  std::map<std::string, std::shared_ptr<HostFile>> at_start_;  // copies, when recording began
  std::vector<RecordedCall> recorded_;
  std::uint64_t reads_ = 0;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace support
