// The pages of an image's tables that were needed last: a fixed number of them, so that an image of
// 2 TiB opens at once and costs no more memory than a small one. Writes go through to the file
// before the copy here changes; a write that fails changes nothing here.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "storage/file.h"

namespace storage {

class TableCache {
 public:
  static constexpr std::size_t kPageBytes = 4096;
  static constexpr std::size_t kDefaultPages = 256;  // 1 MiB

  // `file` must outlive the cache; nobody else writes where the cache has read.
  explicit TableCache(File& file, std::size_t pages = kDefaultPages);

  // The bytes from `offset` to the end of its page or of the file, whichever comes first: never
  // empty when ok. Valid until the next call. Past the end of the file: host_error.
  IoStatus view(std::uint64_t offset, std::span<const std::uint8_t>& bytes);
  IoStatus read(std::uint64_t offset, std::span<std::uint8_t> bytes);
  IoStatus write(std::uint64_t offset, std::span<const std::uint8_t> bytes);

  // One word as it lies in the file: Le32 and the others of endian.h.
  template <class Word, class Value>
  IoStatus load(std::uint64_t offset, Value& value) {
    Word word;
    const IoStatus status = read(offset, {reinterpret_cast<std::uint8_t*>(&word), sizeof word});
    if (status == IoStatus::ok) value = word;
    return status;
  }
  template <class Word, class Value>
  IoStatus store(std::uint64_t offset, Value value) {
    const Word word(value);
    return write(offset, {reinterpret_cast<const std::uint8_t*>(&word), sizeof word});
  }

  // The file was written or cut past the cache.
  void forget();

  std::size_t bytes_held() const { return bytes_.size(); }

 private:
  struct Page {
    std::uint64_t number = 0;
    std::size_t size = 0;  // short at the end of the file
    bool used = false;     // since the hand passed
  };

  // Slots by page number: an array for the pages that all but huge tables have, as a look-up comes
  // before every request; 256 KiB of it at most.
  static constexpr std::uint64_t kDirectPages = 65536;
  static constexpr std::uint32_t kNowhere = 0xFFFFFFFF;

  std::uint32_t slot_of(std::uint64_t number) const;
  void set_slot(std::uint64_t number, std::uint32_t slot);
  IoStatus page_at(std::uint64_t number, std::size_t& index);
  IoStatus fill(std::size_t index, std::uint64_t number);
  std::size_t take_slot();
  std::span<std::uint8_t> bytes_of(std::size_t index) {
    return std::span(bytes_).subspan(index * kPageBytes, kPageBytes);
  }

  File& file_;
  std::size_t limit_;
  std::vector<Page> pages_;
  std::vector<std::uint8_t> bytes_;  // grows page by page up to the limit
  std::vector<std::uint32_t> direct_;
  std::unordered_map<std::uint64_t, std::uint32_t> far_;
  std::size_t hand_ = 0;  // what is replaced next, unless it was used since
};

}  // namespace storage
