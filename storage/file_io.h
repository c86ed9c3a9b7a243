// Reading and writing whole pieces of a file where a failure is the end of the operation: create,
// check, open. The I/O path of a running machine uses File itself.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "storage/directory.h"
#include "storage/file.h"

namespace storage {

struct Progress;

// All throw ImageError naming the file and, where there is one, the place in it.
void read_exactly(File& file, std::uint64_t offset, std::span<std::uint8_t> bytes);
std::vector<std::uint8_t> read_bytes(File& file, std::uint64_t offset, std::size_t count);
void write_exactly(File& file, std::uint64_t offset, std::span<const std::uint8_t> bytes);
void write_exactly(File& file, std::uint64_t offset, std::string_view bytes);
void resize_exactly(File& file, std::uint64_t size);
void sync_exactly(File& file);
void sync_exactly(Directory& directory);
void require_ok(const File& file, std::string_view what, IoStatus status);

// Stretches of zeroes before `end` become holes. Throws Cancelled, too.
void punch_zeroes(File& file, std::uint64_t end, const Progress& progress);

// A struct of the fields of endian.h, as it lies in the file.
template <class T>
requires std::is_trivially_copyable_v<T> T read_struct(File& file, std::uint64_t offset) {
  T value{};
  read_exactly(file, offset, {reinterpret_cast<std::uint8_t*>(&value), sizeof value});
  return value;
}
template <class T>
requires std::is_trivially_copyable_v<T> std::span<const std::uint8_t> bytes_of_struct(
    const T& value) {
  return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

// Replaces a whole (text) file so that after a power cut either the old or the new contents are
// there: new file, sync, rename, sync of the folder. `file` is the old file, open for writing, and
// becomes the new one with the same lock; it stays the old one when that failed before the rename.
IoStatus replace_file(const Place& place, std::span<const std::uint8_t> contents,
                      std::unique_ptr<File>& file);

}  // namespace storage
