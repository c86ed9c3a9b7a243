// A File that fails on demand: the n-th call of a kind from now on reports a status of the test's
// choice and does nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "storage/file.h"

namespace support {

enum class FileCall : std::uint8_t { read, write, resize, sync };

// Shared between the test and the file, which an image owns.
class Faults {
 public:
  // n = 1: the next call.
  void fail(FileCall call, std::uint64_t n, storage::IoStatus status) {
    planned_[index(call)] = {n, status};
  }
  std::uint64_t calls(FileCall call) const { return calls_[index(call)]; }

  storage::IoStatus count(FileCall call) {
    ++calls_[index(call)];
    auto& [left, status] = planned_[index(call)];
    if (left == 0 || --left != 0) return storage::IoStatus::ok;
    return status;
  }

 private:
  static std::size_t index(FileCall call) { return static_cast<std::size_t>(call); }
  std::array<std::uint64_t, 4> calls_{};
  std::array<std::pair<std::uint64_t, storage::IoStatus>, 4> planned_{};
};

class FaultyFile final : public storage::File {
 public:
  FaultyFile(std::unique_ptr<storage::File> file, std::shared_ptr<Faults> faults)
      : file_(std::move(file)), faults_(std::move(faults)) {}

  const std::filesystem::path& path() const override { return file_->path(); }
  storage::FileIdentity identity() const override { return file_->identity(); }
  std::uint64_t size() const override { return file_->size(); }
  storage::IoStatus read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) override {
    const storage::IoStatus fault = faults_->count(FileCall::read);
    return fault != storage::IoStatus::ok ? fault : file_->read_at(offset, bytes);
  }
  storage::IoStatus write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) override {
    const storage::IoStatus fault = faults_->count(FileCall::write);
    return fault != storage::IoStatus::ok ? fault : file_->write_at(offset, bytes);
  }
  storage::IoStatus resize(std::uint64_t size) override {
    const storage::IoStatus fault = faults_->count(FileCall::resize);
    return fault != storage::IoStatus::ok ? fault : file_->resize(size);
  }
  storage::IoStatus sync() override {
    const storage::IoStatus fault = faults_->count(FileCall::sync);
    return fault != storage::IoStatus::ok ? fault : file_->sync();
  }
  storage::FileRun run_at(std::uint64_t offset) const override { return file_->run_at(offset); }

 private:
  std::unique_ptr<storage::File> file_;
  std::shared_ptr<Faults> faults_;
};

}  // namespace support
