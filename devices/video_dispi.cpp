#include "devices/video_dispi.h"

#include <algorithm>
#include <array>

#include "devices/video_graphics.h"
#include "devices/video_memory.h"

namespace devices {

namespace {

enum Index : std::uint16_t {
  kId,
  kWidth,
  kHeight,
  kBits,
  kEnable,
  kBank,
  kVirtualWidth,
  kVirtualHeight,
  kX,
  kY,
  kMemory  // in 64 KiB
};

constexpr std::uint16_t kFirstId = 0xB0C0, kLastId = 0xB0C5;
constexpr std::uint16_t kMaxWidth = 1600, kMaxHeight = 1200, kMaxBits = 32;
constexpr std::uint32_t kBankBytes = 0x10000;
constexpr std::uint16_t kBankNumber = 0x01FF;  // above it: for reads, for writes; vgabios sets both

}  // namespace

// [DISPI] the mode that is found there before anybody set one.
void Dispi::reset() {
  const std::uint32_t memory_bytes = memory_bytes_;
  *this = Dispi(memory_bytes);
  id_ = kFirstId;
}

std::uint16_t Dispi::read() const {
  const bool capabilities = (enable_ & kCapabilities) != 0;
  switch (index_) {
    case kId:
      return id_;
    case kWidth:
      return capabilities ? kMaxWidth : width_;
    case kHeight:
      return capabilities ? kMaxHeight : height_;
    case kBits:
      return capabilities ? kMaxBits : bits_;
    case kEnable:
      return enable_;
    case kBank:
      return bank_;
    case kVirtualWidth:
      return virtual_width_;
    case kVirtualHeight:
      return virtual_height_;
    case kX:
      return x_;
    case kY:
      return y_;
    case kMemory:
      return static_cast<std::uint16_t>(memory_bytes_ / kBankBytes);
    default:
      return 0;
  }
}

// Resolution and depth change only while disabled; values that make no sense are ignored.
Dispi::Change Dispi::write(std::uint16_t value) {
  switch (index_) {
    case kId:
      if (value >= kFirstId && value <= kLastId) id_ = value;
      return Change::none;
    case kWidth:
      if (!enabled() && value != 0 && value <= kMaxWidth && value % 8 == 0) width_ = value;
      return Change::none;
    case kHeight:
      if (!enabled() && value != 0 && value <= kMaxHeight) height_ = value;
      return Change::none;
    case kBits: {
      constexpr std::array<std::uint16_t, 6> depths{4, 8, 15, 16, 24, 32};
      if (value == 0) value = 8;
      if (!enabled() && std::ranges::find(depths, value) != depths.end()) bits_ = value;
      return Change::none;
    }
    case kEnable:
      return write_enable(value);
    case kBank:
      value &= kBankNumber;
      if (value >= banks()) return Change::none;
      bank_ = value;
      return Change::mode;
    case kVirtualWidth:
      if (!enabled()) return Change::none;
      set_virtual_width(value);
      return Change::registers;
    case kX:
      x_ = value;
      return Change::registers;
    case kY:
      y_ = value;
      return Change::registers;
    default:
      return Change::none;
  }
}

Dispi::Change Dispi::write_enable(std::uint16_t value) {
  const bool was_enabled = enabled();
  enable_ = value & (kEnabled | kCapabilities | kEightBitDac | kLinearWindow | kKeepMemory);
  if (!enabled() || was_enabled) return Change::mode;
  start_mode();
  return (value & kKeepMemory) != 0 ? Change::mode : Change::mode_cleared;
}

// A mode that does not fit into memory is not started.
void Dispi::start_mode() {
  bank_ = 0;
  x_ = 0;
  y_ = 0;
  virtual_width_ = width_;
  set_virtual_width(width_);
  if (virtual_height_ < height_) enable_ &= static_cast<std::uint16_t>(~kEnabled);
}

void Dispi::set_virtual_width(unsigned width) {
  constexpr unsigned largest = 0xFFF8;
  virtual_width_ = static_cast<std::uint16_t>(std::clamp<unsigned>(width & ~7U, width_, largest));
  const std::uint32_t available = planar() ? memory_bytes_ / 4 : memory_bytes_;
  virtual_height_ =
      static_cast<std::uint16_t>(std::min<std::uint32_t>(available / pitch(), 0xFFFF));
}

std::uint32_t Dispi::pitch() const {
  return planar() ? virtual_width_ / 8U : virtual_width_ * ((bits_ + 7U) / 8U);
}

std::uint32_t Dispi::banks() const {
  return (planar() ? memory_bytes_ / 4 : memory_bytes_) / kBankBytes;
}

void Dispi::serialize(Archive& archive) {
  archive.tag("vga.dispi", 1);
  archive(index_), archive(id_), archive(enable_);
  archive(width_), archive(height_), archive(bits_);
  archive(bank_), archive(virtual_width_), archive(virtual_height_), archive(x_), archive(y_);
  if (!archive.loading()) return;
  const bool known_depth =
      bits_ == 4 || bits_ == 8 || bits_ == 15 || bits_ == 16 || bits_ == 24 || bits_ == 32;
  const bool sane = known_depth && width_ != 0 && width_ % 8 == 0 && width_ <= kMaxWidth &&
                    height_ != 0 && height_ <= kMaxHeight && virtual_width_ >= width_ &&
                    bank_ < banks();
  if (!sane) throw ArchiveError("state: no such DISPI mode");
}

// Lines come from where the offsets say, and from the start of memory again where they leave it.
class DispiPainter {
 public:
  DispiPainter(const Dispi& dispi, const VgaRegisters& registers, const VideoMemory& memory)
      : dispi_(dispi), memory_(memory), bytes_(memory.bytes()) {
    const unsigned count = dispi.planar() ? 16 : 256;
    for (unsigned i = 0; i < count; ++i) {
      colors_[i] = dispi.planar() ? registers.color(i) : registers.dac_color(i);
    }
  }

  void paint(unsigned y, std::span<std::uint32_t> out) const {
    const std::uint64_t first = (dispi_.y_ + std::uint64_t{y}) * dispi_.pitch();
    switch (dispi_.bits_) {
      case 4:
        return paint_planar(first + dispi_.x_ / 8U, out);
      case 8:
        return paint_as<1>(first, out, [this](std::uint32_t v) { return colors_[v]; });
      case 15:
        return paint_as<2>(
            first, out, [](std::uint32_t v) { return rgb(five(v >> 10), five(v >> 5), five(v)); });
      case 16:
        return paint_as<2>(
            first, out, [](std::uint32_t v) { return rgb(five(v >> 11), six(v >> 5), five(v)); });
      case 24:
        return paint_as<3>(first, out, [](std::uint32_t v) { return rgb(v >> 16, v >> 8, v); });
      default:
        return paint_as<4>(first, out, [](std::uint32_t v) { return rgb(v >> 16, v >> 8, v); });
    }
  }

 private:
  static std::uint32_t five(std::uint32_t bits) { return (bits & 31) << 3 | (bits & 31) >> 2; }
  static std::uint32_t six(std::uint32_t bits) { return (bits & 63) << 2 | (bits & 63) >> 4; }
  static std::uint32_t rgb(std::uint32_t red, std::uint32_t green, std::uint32_t blue) {
    return 0xFF000000U | (blue & 0xFF) << 16 | (green & 0xFF) << 8 | (red & 0xFF);
  }

  template <unsigned kBytes, class Color>
  void paint_as(std::uint64_t first, std::span<std::uint32_t> out, Color color) const {
    std::uint64_t at = (first + std::uint64_t{dispi_.x_} * kBytes) % bytes_.size();
    for (std::uint32_t& pixel : out) {
      std::uint32_t value = 0;
      for (unsigned n = 0; n < kBytes; ++n) {
        value |= std::uint32_t{bytes_[at]} << 8 * n;
        if (++at == bytes_.size()) at = 0;
      }
      pixel = color(value);
    }
  }

  void paint_planar(std::uint64_t first, std::span<std::uint32_t> out) const {
    const unsigned shift = dispi_.x_ % 8U;
    for (std::size_t x = 0; x < out.size(); ++x) {
      const std::size_t dot = x + shift;
      const std::uint32_t cell = memory_.cell(static_cast<std::uint32_t>(first + dot / 8));
      const std::uint32_t bit = cell >> (7 - dot % 8);
      out[x] = colors_[(bit & 1) | (bit >> 7 & 2) | (bit >> 14 & 4) | (bit >> 21 & 8)];
    }
  }

  const Dispi& dispi_;
  const VideoMemory& memory_;
  std::span<const std::uint8_t> bytes_;
  std::array<std::uint32_t, 256> colors_{};
};

void render_dispi(const Dispi& dispi, const VgaRegisters& registers, const VideoMemory& memory,
                  Frame& frame) {
  const DispiPainter painter(dispi, registers, memory);
  frame.width = dispi.width();
  frame.height = dispi.height();
  frame.pixels.resize(std::size_t{frame.width} * frame.height);
  for (unsigned y = 0; y < frame.height; ++y) {
    painter.paint(y, std::span(frame.pixels).subspan(std::size_t{y} * frame.width, frame.width));
  }
}

}  // namespace devices
