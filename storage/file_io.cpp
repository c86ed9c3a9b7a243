#include "storage/file_io.h"

#include <algorithm>
#include <string>
#include <utility>

#include "storage/image.h"
#include "storage/image_error.h"
#include "storage/layer.h"

namespace storage {

void require_ok(const File& file, std::string_view what, IoStatus status) {
  if (status == IoStatus::ok) return;
  throw ImageError(file.path(),
                   "cannot be " + std::string(what) + ": " + std::string(describe(status)));
}

void read_exactly(File& file, std::uint64_t offset, std::span<std::uint8_t> bytes) {
  const std::uint64_t size = file.size();
  if (offset > size || bytes.size() > size - offset) {
    throw ImageError(file.path(), offset,
                     "ends too early (size = " + std::to_string(size) + ", needed " +
                         std::to_string(bytes.size()) + " bytes here)");
  }
  require_ok(file, "read", file.read_at(offset, bytes));
}

std::vector<std::uint8_t> read_bytes(File& file, std::uint64_t offset, std::size_t count) {
  // Compared before the allocation: the count may come from a file.
  const std::uint64_t size = file.size();
  if (offset > size || count > size - offset) {
    throw ImageError(file.path(), offset,
                     "ends too early (size = " + std::to_string(size) + ", needed " +
                         std::to_string(count) + " bytes here)");
  }
  std::vector<std::uint8_t> bytes(count);
  read_exactly(file, offset, bytes);
  return bytes;
}

void write_exactly(File& file, std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  require_ok(file, "written", file.write_at(offset, bytes));
}

void write_exactly(File& file, std::uint64_t offset, std::string_view bytes) {
  write_exactly(file, offset,
                std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}

void resize_exactly(File& file, std::uint64_t size) {
  require_ok(file, "resized", file.resize(size));
}

void sync_exactly(File& file) {
  require_ok(file, "made durable", file.sync());
}

void sync_exactly(Directory& directory) {
  const IoStatus status = directory.sync();
  if (status == IoStatus::ok) return;
  throw ImageError(directory.path(), "cannot be made durable: " + std::string(describe(status)));
}

IoStatus replace_file(const Place& place, std::span<const std::uint8_t> contents,
                      std::unique_ptr<File>& file) {
  Directory& directory = *place.directory;
  const std::string draft_name = place.name + ".new";
  std::unique_ptr<File> draft;
  try {
    draft = directory.create(draft_name, Existing::draft);
  } catch (const ImageError&) {
    return IoStatus::host_error;
  }
  IoStatus status = draft->write_at(0, contents);
  if (status == IoStatus::ok) status = draft->sync();
  if (status == IoStatus::ok) status = directory.rename(draft_name, place.name);
  if (status != IoStatus::ok) {
    static_cast<void>(directory.remove(draft_name));  // the first failure is the one to report
    return status;
  }
  draft->renamed(place.path());
  file = std::move(draft);
  return directory.sync();
}

void punch_zeroes(File& file, std::uint64_t end, const Progress& progress) {
  constexpr std::size_t kScanBytes = 64 * 1024;
  std::vector<std::uint8_t> buffer(kScanBytes);
  for (std::uint64_t at = 0; at < end;) {
    progress.report(at, end);
    const FileRun run = file.run_at(at);
    if (!run.data) {
      at = run.end;
      continue;
    }
    const std::uint64_t count = std::min<std::uint64_t>(kScanBytes, end - at);
    const auto bytes = std::span(buffer).first(static_cast<std::size_t>(count));
    read_exactly(file, at, bytes);
    if (all_zero(bytes)) require_ok(file, "made sparse", file.zero(at, count));
    at += count;
  }
  progress.report(end, end);
  sync_exactly(file);
}

}  // namespace storage
