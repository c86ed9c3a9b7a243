// A VHD's file with its footers and dynamic header: found, checked, replaced and moved so that
// there is a valid footer at every instant.
//
// (1) A footer that moves is durable in its new place before the old one is given up: upwards,
//     before anything uses the space between; downwards, before the file is cut behind it.
// (2) The copy at the head and the footer at the end change one after the other, a sync between;
//     the end's is the one to believe. Each is one sector, so what it says changes at once: type,
//     size, geometry, ids and the place of the dynamic header.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "storage/format.h"
#include "storage/vhd_format.h"
#include "storage/vhd_split.h"

namespace storage {

class VhdFrame {
 public:
  // Opens the file, and its other parts if it has any. Throws ImageError.
  VhdFrame(const ImageContext& context, FileAccess access, bool ignore_checksum);

  File& file() const { return *file_; }
  const VhdSplitFile* split() const { return split_; }
  const VhdFooter& footer() const { return footer_; }
  const VhdHeader& header() const { return header_; }  // not for fixed disks
  VhdType type() const { return type_; }
  bool fixed() const { return type_ == VhdType::fixed; }
  // Where the last footer is: nothing else reaches beyond. Lost: the end of the file.
  std::uint64_t tail_at() const { return tail_at_; }
  bool tail_lost() const { return tail_lost_; }
  bool tail_buried() const { return tail_buried_; }  // only zeroes follow it
  bool head_lost() const { return head_lost_; }
  bool head_differs() const { return head_differs_; }
  bool bad_checksum() const { return bad_checksum_; }

  // The same footer in both places.
  IoStatus store_footer(VhdFooter next);
  IoStatus store_tail(VhdFooter next);
  IoStatus store_head(VhdFooter next);
  // The first sector of the header only, in place; the rest stays.
  IoStatus store_header_start(VhdHeader next);
  // Believes this header from now on: it is durable where the footers now point.
  void set_header(const VhdHeader& header) { header_ = header; }

  // Invariant 1; `at` is a whole number of sectors.
  IoStatus move_tail_up(std::uint64_t at);
  IoStatus move_tail_down(std::uint64_t at);
  // Cuts off the zeroes.
  IoStatus uncover_tail();
  // A new footer where there is none.
  IoStatus restore_tail(std::uint64_t at);

 private:
  void find_footer(bool ignore_checksum);
  void read_header(bool ignore_checksum);

  std::unique_ptr<File> file_;
  VhdSplitFile* split_ = nullptr;
  VhdFooter footer_;
  VhdHeader header_;
  VhdType type_ = VhdType::fixed;
  std::uint64_t tail_at_ = 0;
  bool tail_lost_ = false;
  bool tail_buried_ = false;
  bool head_lost_ = false;
  bool head_differs_ = false;
  bool bad_checksum_ = false;
};

// The footer in these last bytes of a file of that size, which may be one byte short as Virtual PC
// before 2004 wrote it.
std::optional<VhdFooter> vhd_footer_in(std::span<const std::uint8_t> tail, std::uint64_t file_size);

template <class T>
T with_checksum(T value) {
  value.checksum = vhd_checksum(value);
  return value;
}

}  // namespace storage
