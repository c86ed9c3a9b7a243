// A File without a host: bytes in a vector. What was written may be looked at after the image that
// owns the file is gone, through the shared contents.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "storage/file.h"

namespace support {

using Contents = std::shared_ptr<std::vector<std::uint8_t>>;

inline Contents make_contents(std::size_t size, std::uint8_t fill = 0) {
  return std::make_shared<std::vector<std::uint8_t>>(size, fill);
}

class MemoryFile final : public storage::File {
 public:
  explicit MemoryFile(Contents contents, std::filesystem::path path = "memory.img")
      : contents_(std::move(contents)), path_(std::move(path)) {}

  const std::filesystem::path& path() const override { return path_; }
  storage::FileIdentity identity() const override {
    return {.device = 0, .inode = reinterpret_cast<std::uintptr_t>(contents_.get())};
  }
  std::uint64_t size() const override { return contents_->size(); }

  storage::IoStatus read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) override {
    if (offset > size() || bytes.size() > size() - offset) return storage::IoStatus::host_error;
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = (*contents_)[offset + i];
    return storage::IoStatus::ok;
  }
  storage::IoStatus write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) override {
    if (offset + bytes.size() > size()) contents_->resize(offset + bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) (*contents_)[offset + i] = bytes[i];
    return storage::IoStatus::ok;
  }
  storage::IoStatus resize(std::uint64_t size) override {
    contents_->resize(size);
    return storage::IoStatus::ok;
  }
  storage::IoStatus sync() override { return storage::IoStatus::ok; }
  storage::FileRun run_at(std::uint64_t) const override { return {.data = true, .end = size()}; }

 private:
  Contents contents_;
  std::filesystem::path path_;
};

}  // namespace support
