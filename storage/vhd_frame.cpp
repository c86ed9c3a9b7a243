#include "storage/vhd_frame.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "storage/file_io.h"

namespace storage {

namespace {

constexpr std::array<std::uint8_t, kSectorSize> kZeroSector{};

std::optional<VhdFooter> tail_footer(File& file) {
  const std::uint64_t size = file.size();
  const std::uint64_t count = std::min<std::uint64_t>(size, kSectorSize);
  const auto bytes = read_bytes(file, size - count, static_cast<std::size_t>(count));
  return vhd_footer_in(bytes, size);
}

// The last sector that is not all zeroes, by way of the holes; nothing when there is none in reach.
std::optional<std::uint64_t> last_used_sector(File& file) {
  constexpr std::uint64_t kReach = std::uint64_t{1} << 30;
  constexpr std::uint64_t kStep = 64 * 1024;
  std::uint64_t end = 0;
  for (std::uint64_t at = 0; at < file.size();) {
    const FileRun run = file.run_at(at);
    if (run.data) end = run.end;
    at = std::max(run.end, at + 1);
  }
  end = std::min(file.size(), (end + kSectorSize - 1) / kSectorSize * kSectorSize);
  for (const std::uint64_t floor = end - std::min(end, kReach); end > floor;) {
    const std::uint64_t count = std::min(kStep, end);
    const auto bytes = read_bytes(file, end - count, static_cast<std::size_t>(count));
    const auto used =
        std::find_if(bytes.rbegin(), bytes.rend(), [](std::uint8_t byte) { return byte != 0; });
    end -= count;
    if (used == bytes.rend()) continue;
    return end + static_cast<std::uint64_t>(bytes.rend() - used - 1) / kSectorSize * kSectorSize;
  }
  return std::nullopt;
}

std::string checksum_text(std::uint32_t found, std::uint32_t computed) {
  return "checksum = " + std::to_string(found) + ", computed " + std::to_string(computed);
}

}  // namespace

std::optional<VhdFooter> vhd_footer_in(std::span<const std::uint8_t> tail,
                                       std::uint64_t file_size) {
  if (tail.size() < kSectorSize) return std::nullopt;
  std::array<std::uint8_t, kSectorSize> bytes{};
  const std::size_t missing = file_size % kSectorSize == kSectorSize - 1 ? 1 : 0;
  std::copy_n(tail.end() - static_cast<std::ptrdiff_t>(kSectorSize - missing),
              kSectorSize - missing, bytes.begin());
  VhdFooter footer;
  std::memcpy(static_cast<void*>(&footer), bytes.data(), sizeof footer);
  return footer;
}

VhdFrame::VhdFrame(const ImageContext& context, FileAccess access, bool ignore_checksum)
    : file_(context.open_file(access)) {
  const std::optional<VhdFooter> tail = tail_footer(*file_);
  if (!(tail && is_valid(*tail)) && VhdSplitFile::has_parts(context.place)) {
    auto split = std::make_unique<VhdSplitFile>(context.place, std::move(file_), access);
    split_ = split.get();
    file_ = std::move(split);
  }
  find_footer(ignore_checksum);
  if (!fixed()) read_header(ignore_checksum);
}

void VhdFrame::find_footer(bool ignore_checksum) {
  const std::uint64_t size = file_->size();
  std::optional<VhdFooter> tail = tail_footer(*file_);
  std::optional<VhdFooter> head;
  if (size >= kSectorSize) head = read_struct<VhdFooter>(*file_, 0);
  const std::uint64_t short_by = size % kSectorSize == kSectorSize - 1 ? kSectorSize - 1 : 512;
  std::uint64_t tail_place = size - std::min(size, short_by);
  if (!(tail && is_valid(*tail))) {
    // A power cut while the file grew may leave zeroes behind the footer that is still there.
    const std::optional<std::uint64_t> last = last_used_sector(*file_);
    if (last && *last != 0 && *last < tail_place) {
      const auto buried = read_struct<VhdFooter>(*file_, *last);
      if (is_valid(buried)) {
        tail = buried;
        tail_place = *last;
        tail_buried_ = true;
      }
    }
  }
  const bool tail_good = tail && is_valid(*tail);
  const bool head_good = head && is_valid(*head) && head->type != std::uint32_t{2};
  if (tail_good || (!head_good && ignore_checksum && tail && looks_like_vhd(*tail))) {
    footer_ = *tail;
    tail_at_ = tail_place;
  } else if (head_good || (ignore_checksum && head && looks_like_vhd(*head))) {
    footer_ = *head;
    tail_at_ = size;
    tail_lost_ = true;
  } else {
    for (const auto& [copy, at] :
         {std::pair(tail, tail_place), std::pair(head, std::uint64_t{0})}) {
      if (!copy || !looks_like_vhd(*copy)) continue;
      throw ImageError(file_->path(), at,
                       "its footer is damaged (" +
                           checksum_text(copy->checksum, vhd_checksum(*copy)) +
                           "); open option ignore_checksum=on reads it all the same");
    }
    throw ImageError(file_->path(), "is no VHD: it has no footer");
  }
  type_ = require_known(*file_, tail_lost_ ? 0 : tail_at_, footer_);
  bad_checksum_ = !is_valid(footer_);
  if (fixed()) {
    if (footer_.current_size > tail_at_) {
      throw ImageError(file_->path(),
                       "is shorter than its footer says (size = " + std::to_string(size) +
                           ", needed " + std::to_string(footer_.current_size + kSectorSize) + ")");
    }
    return;
  }
  head_lost_ = !(head && is_valid(*head));
  head_differs_ = !head_lost_ && !tail_lost_ && std::memcmp(&*head, &footer_, sizeof footer_) != 0;
}

void VhdFrame::read_header(bool ignore_checksum) {
  const std::uint64_t at = footer_.header_at;
  if (at < kSectorSize || at % kSectorSize != 0) {
    throw ImageError(file_->path(), "its footer is damaged (data offset = " + std::to_string(at) +
                                        ", allowed multiples of 512 from 512 on)");
  }
  header_ = read_struct<VhdHeader>(*file_, at);
  if (header_.checksum == vhd_checksum(header_)) return;
  if (!ignore_checksum) {
    throw ImageError(file_->path(), at,
                     "its dynamic header is damaged (" +
                         checksum_text(header_.checksum, vhd_checksum(header_)) +
                         "); open option ignore_checksum=on reads it all the same");
  }
  bad_checksum_ = true;
}

IoStatus VhdFrame::store_head(VhdFooter next) {
  if (fixed() && next.type == std::uint32_t{2}) return IoStatus::ok;
  next = with_checksum(next);
  IoStatus status = file_->write_at(0, bytes_of_struct(next));
  if (status == IoStatus::ok) status = file_->sync();
  if (status != IoStatus::ok) return status;
  head_lost_ = false;
  head_differs_ = std::memcmp(&next, &footer_, sizeof next) != 0;
  return status;
}

IoStatus VhdFrame::store_tail(VhdFooter next) {
  next = with_checksum(next);
  IoStatus status = file_->write_at(tail_at_, bytes_of_struct(next));
  if (status == IoStatus::ok) status = file_->sync();
  if (status != IoStatus::ok) return status;
  footer_ = next;
  type_ = static_cast<VhdType>(static_cast<std::uint32_t>(next.type));
  return status;
}

IoStatus VhdFrame::store_footer(VhdFooter next) {
  IoStatus status = store_head(next);
  if (status == IoStatus::ok) status = store_tail(next);
  if (status == IoStatus::ok) head_differs_ = false;
  return status;
}

IoStatus VhdFrame::store_header_start(VhdHeader next) {
  next = with_checksum(next);
  IoStatus status = file_->write_at(footer_.header_at, bytes_of_struct(next).first(kSectorSize));
  if (status == IoStatus::ok) status = file_->sync();
  if (status == IoStatus::ok) header_ = next;
  return status;
}

IoStatus VhdFrame::uncover_tail() {
  if (!tail_buried_) return IoStatus::ok;
  IoStatus status = file_->resize(tail_at_ + kSectorSize);
  if (status == IoStatus::ok) status = file_->sync();
  if (status == IoStatus::ok) tail_buried_ = false;
  return status;
}

IoStatus VhdFrame::move_tail_up(std::uint64_t at) {
  const std::uint64_t old_size = file_->size();
  IoStatus status = file_->write_at(at, bytes_of_struct(footer_));
  if (status != IoStatus::ok) {
    static_cast<void>(file_->resize(old_size));  // a part of it may be there
    return status;
  }
  status = file_->sync();
  if (status != IoStatus::ok) return status;
  // No block takes the old one's place, so this is for tidiness alone.
  const std::uint64_t old = std::exchange(tail_at_, at);
  static_cast<void>(file_->write_at(old, kZeroSector));
  return IoStatus::ok;
}

IoStatus VhdFrame::move_tail_down(std::uint64_t at) {
  IoStatus status = file_->write_at(at, bytes_of_struct(footer_));
  if (status == IoStatus::ok) status = file_->sync();
  if (status == IoStatus::ok) status = file_->resize(at + kSectorSize);
  if (status != IoStatus::ok) return status;
  tail_at_ = at;
  return file_->sync();
}

IoStatus VhdFrame::restore_tail(std::uint64_t at) {
  IoStatus status = file_->write_at(at, bytes_of_struct(footer_));
  if (status == IoStatus::ok) status = file_->sync();
  if (status == IoStatus::ok) status = file_->resize(at + kSectorSize);
  if (status == IoStatus::ok) status = file_->sync();
  if (status != IoStatus::ok) return status;
  tail_at_ = at;
  tail_lost_ = false;
  return status;
}

}  // namespace storage
