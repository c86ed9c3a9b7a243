// Host files: the one place in Platter's storage where the host is read and written, so that tests
// can stand a memory file or a failing file in between. Whole transfers only: short reads and EINTR
// are loops in here. Names, folders and who may open what: directory.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "storage/io_status.h"

namespace storage {

// A stretch of a file up to (not including) `end`, all data or all hole.
struct FileRun {
  bool data = true;
  std::uint64_t end = 0;
};

// Tells two names of one file apart from two files.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

class File {
 public:
  virtual ~File() = default;
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  virtual const std::filesystem::path& path() const = 0;  // for messages
  virtual FileIdentity identity() const = 0;
  virtual std::uint64_t size() const = 0;
  // What the file takes on the host: less than its size when it has holes.
  virtual std::uint64_t allocated_bytes() const { return size(); }
  // When it was last written, in Unix time, where the host tells.
  virtual std::optional<std::int64_t> modified() const { return std::nullopt; }

  // All of `bytes` or an error; past the end of the file is host_error, never zeroes.
  virtual IoStatus read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) = 0;
  // All of `bytes` or an error. Writing past the end extends the file.
  virtual IoStatus write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) = 0;
  virtual IoStatus resize(std::uint64_t size) = 0;
  // Grows to `size` with room for it taken on the host, so that writing there does not run out of
  // space; a host that cannot promise that grows it all the same. What is new reads as zeroes.
  virtual IoStatus reserve(std::uint64_t size) { return resize(size); }
  // Success: everything written before survives a power cut. Once it has failed it keeps failing,
  // because the kernel may have dropped the pages that it could not write.
  virtual IoStatus sync() = 0;
  // The run that holds `offset` (below size()). A host without hole reporting has one run of data.
  virtual FileRun run_at(std::uint64_t offset) const = 0;
  // Makes a stretch inside the file read as zeroes, without taking host space where the host can.
  virtual IoStatus zero(std::uint64_t offset, std::uint64_t length);

  // Its name has changed: for messages.
  virtual void renamed(const std::filesystem::path&) {}
  // Kept until the file is closed: what its opener has to give back then.
  void hold(std::shared_ptr<void> token) { token_ = std::move(token); }

 private:
  std::shared_ptr<void> token_;
};

enum class FileAccess : std::uint8_t { read, read_write };

// A sentence for the user that stops nothing.
using WarningSink = std::function<void(std::string_view)>;

// An existing regular file; directories, devices, FIFOs and sockets are refused.
class PosixFile final : public File {
 public:
  // Throws ImageError.
  PosixFile(const std::filesystem::path& path, FileAccess access);
  // Takes over what open() gave for that path with posix_open_flags(access). Throws ImageError; the
  // descriptor is closed even then.
  PosixFile(int descriptor, const std::filesystem::path& path, FileAccess access);
  ~PosixFile() override;

  // Keeps writers out (read) or everybody else out (read_write) for as long as the file is open, by
  // the byte locks that QEMU uses too. Throws ImageError on conflict; a file system that cannot
  // lock is a warning.
  void lock(const WarningSink& warn);

  const std::filesystem::path& path() const override { return path_; }
  void renamed(const std::filesystem::path& path) override { path_ = path; }
  FileIdentity identity() const override { return identity_; }
  std::uint64_t size() const override;
  std::uint64_t allocated_bytes() const override;
  std::optional<std::int64_t> modified() const override;
  IoStatus read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) override;
  IoStatus write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) override;
  IoStatus resize(std::uint64_t size) override;
  IoStatus reserve(std::uint64_t size) override;
  IoStatus sync() override;
  FileRun run_at(std::uint64_t offset) const override;
  IoStatus zero(std::uint64_t offset, std::uint64_t length) override;

 private:
  std::filesystem::path path_;
  FileAccess access_;
  int descriptor_ = -1;
  FileIdentity identity_;
  bool sync_failed_ = false;
};

// For open(2): waits for nobody, becomes nobody's terminal.
int posix_open_flags(FileAccess access);
// "cannot be opened: ..." for the errno that open(2) left.
std::string open_failure(FileAccess access, int error_number);

}  // namespace storage
