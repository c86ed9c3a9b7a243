#include "devices/video_memory.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace devices {

namespace {

constexpr std::size_t kPlaneBytes = 0x10000;

// Bit n of a plane nibble -> FFh in byte n.
constexpr std::uint32_t spread(unsigned nibble) {
  std::uint32_t result = 0;
  for (unsigned n = 0; n < 4; ++n) result |= (nibble >> n & 1U) * (0xFFU << n * 8);
  return result;
}

constexpr std::uint32_t repeat(std::uint8_t byte) {
  return byte * 0x01010101U;
}

struct Place {
  std::uint32_t first, size;
};
constexpr std::array<Place, 4> kWindows{{
    // graphics controller 6 bits 3-2
    {0xA0000, 0x20000},
    {0xA0000, 0x10000},
    {0xB0000, 0x08000},
    {0xB8000, 0x08000},
}};

// Copying a view and telling the processor costs about as much as this many accesses through the
// device.
constexpr unsigned kAccessesBeforeHandOut = 512;

}  // namespace

VideoMemory::VideoMemory(std::uint32_t bytes) : cells_(bytes / 4), view_(kPlaneBytes) {
  static_assert(std::endian::native == std::endian::little);
}

void VideoMemory::connect(cpu::Memory& memory, cpu::MmioDevice& device) {
  memory_ = &memory;
  device_ = &device;
  memory.map_mmio(kWindowFirst, kWindowSize, device);
}

VideoMemory::Window VideoMemory::window_of(const VgaRegisters& registers,
                                           const Dispi& dispi) const {
  const auto& gc = registers.graphics;
  const auto& sequencer = registers.sequencer;
  const Place& place = kWindows[gc[6] >> 2 & 3];
  Window window{place.first, place.size};
  if ((registers.misc & 0x02) == 0) window.size = 0;
  if (dispi.enabled()) {
    constexpr std::uint32_t bank_bytes = 0x10000;
    window.first = kWindowFirst;
    window.size = bank_bytes;
    window.base = dispi.bank() * bank_bytes;
    if (!dispi.planar()) window.plain = Plain::bank;
    return window;
  }
  const bool stores_as_is = (gc[5] & 0x0B) == 0 && gc[3] == 0 && gc[8] == 0xFF;
  if (!stores_as_is) return window;
  const bool chained = (sequencer[4] & 0x08) != 0;
  const bool odd_even = !chained && (sequencer[4] & 0x04) == 0 && (gc[5] & 0x10) != 0;
  if (chained && (gc[1] & 0x0F) == 0 && (sequencer[2] & 0x0F) == 0x0F) {
    window.plain = Plain::chain4;
  } else if (odd_even && (gc[1] & 3) == 0 && (gc[4] & 2) == 0 && (sequencer[2] & 0x0F) == 3) {
    window.plain = Plain::text;
  }
  return window;
}

void VideoMemory::configure(const VgaRegisters& registers, const Dispi& dispi) {
  const Window window = window_of(registers, dispi);
  if (window != window_) move_window(window);
  if (dispi.linear_window() != linear_mapped_) map_linear(dispi.linear_window());

  const auto& gc = registers.graphics;
  const auto& sequencer = registers.sequencer;
  const bool chained = (sequencer[4] & 0x08) != 0;
  const bool write_odd_even = (sequencer[4] & 0x04) == 0;
  const bool read_odd_even = (gc[5] & 0x10) != 0;
  using enum Addressing;
  write_addressing_ = chained ? chain4 : write_odd_even ? odd_even : planar;
  read_addressing_ = chained ? chain4 : read_odd_even ? odd_even : planar;

  read_plane_ = gc[4] & 3;
  read_compares_ = (gc[5] & 0x08) != 0;
  write_mode_ = gc[5] & 3;
  rotate_ = gc[3] & 7;
  function_ = gc[3] >> 3 & 3;
  bit_mask_ = gc[8];
  plane_mask_ = spread(sequencer[2]);
  set_reset_ = spread(gc[0]);
  set_reset_enable_ = spread(gc[1]);
  color_compare_ = spread(gc[2]);
  color_care_ = spread(gc[7]);
}

// The cell and the plane that a read address means.
VideoMemory::PlaneByte VideoMemory::addressed(std::uint32_t offset) const {
  switch (read_addressing_) {
    case Addressing::odd_even:
      return {offset & 0xFFFE, (read_plane_ & 2U) | (offset & 1U)};
    case Addressing::chain4:
      return {offset & 0xFFFC, offset & 3};
    default:
      return {offset & 0xFFFF, read_plane_};
  }
}

std::uint8_t VideoMemory::value_read(std::uint32_t cell, unsigned plane) const {
  if (!read_compares_) return static_cast<std::uint8_t>(cell >> plane * 8);
  const std::uint32_t differs = (cell ^ color_compare_) & color_care_;
  const std::uint32_t any = differs | differs >> 8 | differs >> 16 | differs >> 24;
  return static_cast<std::uint8_t>(~any);
}

std::uint8_t VideoMemory::read_planes(std::uint32_t offset) {
  const PlaneByte byte = addressed(offset);
  latch_ = cells_[window_.base + byte.offset];
  return value_read(latch_, byte.plane);
}

std::uint8_t VideoMemory::peek(std::uint32_t address) const {
  const std::uint32_t offset = address - window_.first;
  if (offset >= window_.size) return 0xFF;
  if (window_.plain != Plain::no) return *plain_byte(offset);
  const PlaneByte byte = addressed(offset);
  return value_read(cells_[window_.base + byte.offset], byte.plane);
}

// Logical operation with the latches: 0 none, 1 AND, 2 OR, 3 XOR.
std::uint32_t VideoMemory::combine(std::uint32_t data) const {
  switch (function_) {
    case 1:
      return data & latch_;
    case 2:
      return data | latch_;
    case 3:
      return data ^ latch_;
    default:
      return data;
  }
}

void VideoMemory::write_planes(std::uint32_t offset, std::uint8_t value) {
  std::uint32_t enabled = plane_mask_;
  if (write_addressing_ == Addressing::odd_even) {
    enabled &= (offset & 1) != 0 ? 0xFF00FF00U : 0x00FF00FFU;
    offset &= ~1U;
  } else if (write_addressing_ == Addressing::chain4) {
    enabled &= 0xFFU << (offset & 3) * 8;
    offset &= ~3U;
  }

  std::uint8_t bits = bit_mask_;
  std::uint32_t data = 0;
  switch (write_mode_) {
    case 0:
      data = repeat(std::rotr(value, rotate_));
      data = (data & ~set_reset_enable_) | (set_reset_ & set_reset_enable_);
      break;
    case 1:
      merge(offset, latch_, enabled);
      return;
    case 2:
      data = spread(value);
      break;
    default:  // 3: the processor's byte is one more bit mask, the data is set/reset
      bits &= std::rotr(value, rotate_);
      data = set_reset_;
      break;
  }
  const std::uint32_t mask = repeat(bits);
  merge(offset, (combine(data) & mask) | (latch_ & ~mask), enabled);
}

// ---- plain windows ----

// The byte itself, or null: text and chain 4 before they are handed out have it in cells.
const std::uint8_t* VideoMemory::plain_byte(std::uint32_t offset) const {
  if (window_.plain == Plain::bank) return first_byte() + window_.base + offset;
  if (handed_out_) return &view_[offset % kPlaneBytes];
  const std::uint32_t cell = offset & (window_.plain == Plain::text ? 0xFFFE : 0xFFFC);
  const std::uint32_t plane = offset & (window_.plain == Plain::text ? 1 : 3);
  return first_byte() + std::size_t{cell} * 4 + plane;
}

void VideoMemory::count_access() {
  if (accesses_left_ == 0) return;
  --accesses_left_;
  if (accesses_left_ == 0) hand_out();
}

std::uint8_t VideoMemory::read_plain(std::uint32_t offset) {
  const std::uint8_t value = *plain_byte(offset);
  count_access();
  return value;
}

void VideoMemory::write_plain(std::uint32_t offset, std::uint8_t value) {
  std::uint8_t* const byte = plain_byte(offset);
  generation_ += *byte != value;
  unsettled_ = unsettled_ || handed_out_;
  *byte = value;
  count_access();
}

void VideoMemory::move_window(const Window& window) {
  take_back();
  window_ = window;
  accesses_left_ = window.plain != Plain::no && memory_ != nullptr ? kAccessesBeforeHandOut : 0;
}

// The window's pages become plain memory of the processor: the view, or the bank where it lies.
void VideoMemory::hand_out() {
  std::span<std::uint8_t> pages(view_);
  if (window_.plain == Plain::bank) {
    pages = {first_byte() + window_.base, kPlaneBytes};
  } else {
    gather();
  }
  for (std::uint32_t at = 0; at < window_.size; at += kPlaneBytes) {
    const std::uint32_t size = std::min<std::uint32_t>(window_.size - at, kPlaneBytes);
    memory_->map_direct(window_.first + at, pages.first(size));
  }
  handed_out_ = true;
}

void VideoMemory::take_back() {
  accesses_left_ = 0;
  if (!handed_out_) return;
  settle();
  handed_out_ = false;
  memory_->map_mmio(window_.first, window_.size, *device_);
}

void VideoMemory::map_linear(bool wanted) {
  if (memory_ == nullptr) return;
  const auto size = static_cast<std::uint32_t>(cells_.size() * 4);
  if (take_written()) ++generation_;
  linear_mapped_ = wanted;
  if (wanted) {
    memory_->map_direct(Dispi::kLinearFirst, {first_byte(), size});
  } else {
    memory_->unmap(Dispi::kLinearFirst, size);
  }
}

void VideoMemory::gather() {
  if (window_.plain == Plain::text) {
    for (std::size_t at = 0; at < kPlaneBytes; at += 2) {
      view_[at] = static_cast<std::uint8_t>(cells_[at]);
      view_[at + 1] = static_cast<std::uint8_t>(cells_[at] >> 8);
    }
  } else {
    for (std::size_t at = 0; at < kPlaneBytes; at += 4) std::memcpy(&view_[at], &cells_[at], 4);
  }
}

void VideoMemory::scatter() {
  if (window_.plain == Plain::text) {
    for (std::size_t at = 0; at < kPlaneBytes; at += 2) std::memcpy(&cells_[at], &view_[at], 2);
  } else if (window_.plain == Plain::chain4) {
    for (std::size_t at = 0; at < kPlaneBytes; at += 4) std::memcpy(&cells_[at], &view_[at], 4);
  }
}

bool VideoMemory::take_written() {
  bool written = false;
  if (handed_out_) written = memory_->take_written(window_.first, window_.size);
  if (linear_mapped_) {
    const auto size = static_cast<std::uint32_t>(cells_.size() * 4);
    written = memory_->take_written(Dispi::kLinearFirst, size) || written;
  }
  return written;
}

std::uint64_t VideoMemory::generation() {
  if ((handed_out_ || linear_mapped_) && take_written()) {
    ++generation_;
    unsettled_ = unsettled_ || handed_out_;
  }
  return generation_;
}

void VideoMemory::settle() {
  generation();
  if (!unsettled_) return;
  scatter();
  unsettled_ = false;
}

void VideoMemory::clear() {
  take_back();
  move_window(window_);
  std::ranges::fill(cells_, 0U);
  latch_ = 0;
  ++generation_;
}

// Memory beyond the VGA's is saved as far as it is in use.
void VideoMemory::serialize(Archive& archive) {
  archive.tag("vga.memory", 2);
  if (archive.loading()) {
    clear();
  } else {
    settle();
  }
  auto used = static_cast<std::uint32_t>(cells_.size());
  while (used > kPlaneBytes && cells_[used - 1] == 0) --used;
  archive(used);
  if (used > cells_.size()) throw ArchiveError("state: more video memory than this machine has");
  for (std::uint32_t i = 0; i < used; ++i) archive(cells_[i]);
  archive(latch_);
}

}  // namespace devices
