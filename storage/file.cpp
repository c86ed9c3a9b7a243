// [QEMU] block/file-posix.c, "Image file locking": the byte offsets and what each means; checked
// against a
//        live qemu-io 7.2.
#include "storage/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <string>
#include <utility>

#include "storage/image_error.h"

namespace storage {

namespace {

// [QEMU] one byte a permission: 100 + n is locked by who uses it, 200 + n by who does not let
// others have it. All locks are read locks; who is in the way is found by asking for a write lock.
constexpr off_t kUses = 100;
constexpr off_t kForbids = 200;
enum Permission : off_t { kRead = 0, kWrite = 1, kResize = 3 };

struct LockSet {
  std::span<const Permission> uses;
  std::span<const Permission> forbids;
};

constexpr std::array kReader = {kRead};
constexpr std::array kWriter = {kRead, kWrite, kResize};
constexpr std::array kOthersMustNot = {kWrite, kResize};

LockSet locks_for(FileAccess access) {
  if (access == FileAccess::read) return {kReader, kOthersMustNot};
  return {kWriter, kOthersMustNot};
}

struct flock one_byte(off_t offset, short type) {
  struct flock request = {};
  request.l_type = type;
  request.l_whence = SEEK_SET;
  request.l_start = offset;
  request.l_len = 1;
  return request;
}

bool take_lock(int descriptor, off_t offset) {
  struct flock request = one_byte(offset, F_RDLCK);
  return fcntl(descriptor, F_OFD_SETLK, &request) == 0;
}

bool locked_by_another(int descriptor, off_t offset) {
  struct flock request = one_byte(offset, F_WRLCK);
  return fcntl(descriptor, F_OFD_GETLK, &request) == 0 && request.l_type != F_UNLCK;
}

// Repeats a call that a signal interrupted.
template <class Call>
auto restarting(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

std::string refusal_of(mode_t mode) {
  if (S_ISDIR(mode)) return "is a directory, not a disk image";
  if (S_ISBLK(mode) || S_ISCHR(mode)) return "is a device, not a disk image file";
  if (S_ISFIFO(mode)) return "is a FIFO, not a disk image";
  return "is not a regular file";
}

IoStatus status_of(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return IoStatus::no_space;
    case EROFS:
    case EBADF:  // a descriptor that was opened for reading
      return IoStatus::read_only;
    default:
      return IoStatus::host_error;
  }
}

constexpr auto kMaxOffset = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());

bool fits_off_t(std::uint64_t offset, std::uint64_t length) {
  return offset <= kMaxOffset && length <= kMaxOffset - offset;
}

}  // namespace

IoStatus File::zero(std::uint64_t offset, std::uint64_t length) {
  static constexpr std::array<std::uint8_t, 65536> kZeroes{};
  while (length != 0) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(length, kZeroes.size()));
    const IoStatus status = write_at(offset, std::span(kZeroes).first(count));
    if (status != IoStatus::ok) return status;
    offset += count;
    length -= count;
  }
  return IoStatus::ok;
}

int posix_open_flags(FileAccess access) {
  const int direction = access == FileAccess::read ? O_RDONLY : O_RDWR;
  // O_NONBLOCK: opening a FIFO must not wait for its other end.
  return direction | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
}

std::string open_failure(FileAccess access, int error_number) {
  if (error_number == EISDIR) return refusal_of(S_IFDIR);
  const std::string why = host_error_text(error_number);
  const bool only_writing_refused =
      access == FileAccess::read_write && (error_number == EACCES || error_number == EROFS ||
                                           error_number == EPERM || error_number == ETXTBSY);
  if (only_writing_refused) return "cannot be opened for writing (mode=ro may do): " + why;
  return "cannot be opened: " + why;
}

PosixFile::PosixFile(const std::filesystem::path& path, FileAccess access)
    : PosixFile(restarting([&] { return open(path.c_str(), posix_open_flags(access)); }), path,
                access) {}

PosixFile::PosixFile(int descriptor, const std::filesystem::path& path, FileAccess access)
    : path_(path), access_(access), descriptor_(descriptor) {
  if (descriptor_ < 0) throw ImageError(path_, open_failure(access, errno));
  struct stat info = {};
  std::string refusal;
  if (fstat(descriptor_, &info) != 0) {
    refusal = "cannot be examined: " + host_error_text(errno);
  } else if (!S_ISREG(info.st_mode)) {
    refusal = refusal_of(info.st_mode);
  } else if (fcntl(descriptor_, F_SETFL, 0) != 0) {  // O_NONBLOCK has done its work
    refusal = "cannot be set up: " + host_error_text(errno);
  }
  if (!refusal.empty()) {
    close(std::exchange(descriptor_, -1));
    throw ImageError(path_, refusal);
  }
  identity_ = {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino)};
}

PosixFile::~PosixFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

void PosixFile::lock(const WarningSink& warn) {
  const LockSet set = locks_for(access_);
  bool taken = true;
  for (const Permission use : set.uses) taken = taken && take_lock(descriptor_, kUses + use);
  for (const Permission other : set.forbids) {
    taken = taken && take_lock(descriptor_, kForbids + other);
  }
  if (!taken) {
    if (warn) warn(ImageError(path_, "cannot be locked here; nobody else may use it").what());
    return;
  }
  // First take, then look: of two who start at once at least one sees the other.
  for (const Permission other : set.forbids) {
    if (locked_by_another(descriptor_, kUses + other)) {
      throw ImageError(path_, "is in use: another program or drive has it open for writing");
    }
  }
  for (const Permission use : set.uses) {
    if (locked_by_another(descriptor_, kForbids + use)) {
      throw ImageError(path_, "is in use: another program or drive reads it and forbids writing");
    }
  }
}

std::uint64_t PosixFile::size() const {
  struct stat info = {};
  if (fstat(descriptor_, &info) != 0 || info.st_size < 0) return 0;
  return static_cast<std::uint64_t>(info.st_size);
}

std::uint64_t PosixFile::allocated_bytes() const {
  struct stat info = {};
  if (fstat(descriptor_, &info) != 0 || info.st_blocks < 0) return 0;
  return static_cast<std::uint64_t>(info.st_blocks) * 512;  // st_blocks counts 512 on every host
}

std::optional<std::int64_t> PosixFile::modified() const {
  struct stat info = {};
  if (fstat(descriptor_, &info) != 0) return std::nullopt;
  return std::int64_t{info.st_mtime};
}

IoStatus PosixFile::read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) {
  if (!fits_off_t(offset, bytes.size())) return IoStatus::host_error;
  while (!bytes.empty()) {
    const ssize_t count = restarting(
        [&] { return pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (count <= 0) return IoStatus::host_error;  // 0: the file ends here
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return IoStatus::ok;
}

IoStatus PosixFile::write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  if (!fits_off_t(offset, bytes.size())) return IoStatus::no_space;
  while (!bytes.empty()) {
    const ssize_t count = restarting([&] {
      return pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (count < 0) return status_of(errno);
    if (count == 0) return IoStatus::host_error;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return IoStatus::ok;
}

IoStatus PosixFile::resize(std::uint64_t size) {
  if (!fits_off_t(size, 0)) return IoStatus::no_space;
  const int result = restarting([&] { return ftruncate(descriptor_, static_cast<off_t>(size)); });
  return result == 0 ? IoStatus::ok : status_of(errno);
}

// fallocate() and not posix_fallocate(), which writes to every block where the file system cannot
// reserve.
IoStatus PosixFile::reserve(std::uint64_t size) {
  const std::uint64_t now = this->size();
  if (size <= now) return IoStatus::ok;
  if (!fits_off_t(now, size - now)) return IoStatus::no_space;
  const int result = restarting([&] {
    return fallocate(descriptor_, 0, static_cast<off_t>(now), static_cast<off_t>(size - now));
  });
  if (result == 0) return IoStatus::ok;
  if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL) return resize(size);
  const IoStatus status = status_of(errno);
  static_cast<void>(resize(now));  // a part may have been reserved; the first failure counts
  return status;
}

IoStatus PosixFile::sync() {
  if (sync_failed_) return IoStatus::host_error;
  if (restarting([&] { return fdatasync(descriptor_); }) == 0) return IoStatus::ok;
  sync_failed_ = true;
  return IoStatus::host_error;
}

FileRun PosixFile::run_at(std::uint64_t offset) const {
  const std::uint64_t end = size();
  if (offset >= end) return {.data = true, .end = end};
  const off_t data = lseek(descriptor_, static_cast<off_t>(offset), SEEK_DATA);
  if (data < 0) {
    // ENXIO: nothing but hole up to the end. Anything else: this file system does not tell.
    return {.data = errno != ENXIO, .end = end};
  }
  if (static_cast<std::uint64_t>(data) > offset) {
    return {.data = false, .end = static_cast<std::uint64_t>(data)};
  }
  const off_t hole = lseek(descriptor_, static_cast<off_t>(offset), SEEK_HOLE);
  return {.data = true, .end = hole < 0 ? end : static_cast<std::uint64_t>(hole)};
}

IoStatus PosixFile::zero(std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return IoStatus::ok;
  if (!fits_off_t(offset, length)) return IoStatus::no_space;
  const int result = restarting([&] {
    return fallocate(descriptor_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                     static_cast<off_t>(offset), static_cast<off_t>(length));
  });
  if (result == 0) return IoStatus::ok;
  if (errno == EOPNOTSUPP || errno == ENOSYS) return File::zero(offset, length);
  return status_of(errno);
}

}  // namespace storage
