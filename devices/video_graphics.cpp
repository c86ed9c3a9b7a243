#include "devices/video_graphics.h"

#include <array>
#include <span>

#include "devices/video_scan.h"

namespace devices {

namespace {

constexpr unsigned kDots = 8;  // per character clock, also where text would have nine

using Dots = std::uint64_t;  // eight 4-bit dots, a byte each, the leftmost in the lowest byte

// A plane's byte -> its bit for each of eight dots, the leftmost in the highest bit.
constexpr std::array<Dots, 256> kSingleBits = [] {
  std::array<Dots, 256> table{};
  for (unsigned value = 0; value < 256; ++value) {
    for (unsigned dot = 0; dot < 8; ++dot) table[value] |= Dots{value >> (7 - dot) & 1} << dot * 8;
  }
  return table;
}();

// A byte -> its four pairs of bits.
constexpr std::array<Dots, 256> kBitPairs = [] {
  std::array<Dots, 256> table{};
  for (unsigned value = 0; value < 256; ++value) {
    for (unsigned dot = 0; dot < 4; ++dot)
      table[value] |= Dots{value >> (6 - 2 * dot) & 3} << dot * 8;
  }
  return table;
}();

struct Planes {
  unsigned p0, p1, p2, p3;
  explicit Planes(std::uint32_t cell)
      : p0(cell & 0xFF), p1(cell >> 8 & 0xFF), p2(cell >> 16 & 0xFF), p3(cell >> 24) {}
};

// A dot is a bit of each plane.
Dots planar_dots(std::uint32_t cell) {
  const Planes p(cell);
  return kSingleBits[p.p0] | kSingleBits[p.p1] << 1 | kSingleBits[p.p2] << 2 |
         kSingleBits[p.p3] << 3;
}

// A dot is two bits of planes 0 and 2, then of planes 1 and 3: the CGA's order.
Dots interleaved_dots(std::uint32_t cell) {
  const Planes p(cell);
  return (kBitPairs[p.p0] | kBitPairs[p.p2] << 2) | (kBitPairs[p.p1] | kBitPairs[p.p3] << 2) << 32;
}

// A dot is half a byte, plane after plane.
Dots nibble_dots(std::uint32_t cell) {
  Dots dots = 0;
  for (unsigned plane = 0; plane < 4; ++plane) {
    const Dots byte = cell >> plane * 8 & 0xFF;
    dots |= (byte >> 4 | (byte & 0x0F) << 8) << plane * 16;
  }
  return dots;
}

class LinePainter {
 public:
  LinePainter(const VgaRegisters& registers, const VideoMemory& memory, unsigned blink_phase)
      : registers_(registers),
        memory_(memory),
        shift_(registers.graphics[5] >> 5 & 3U),
        paired_((registers.attribute[0x10] & 0x40) != 0) {
    const unsigned enabled = registers.attribute[0x12] & 0x0FU;
    const unsigned swap = registers.blink_enabled() && (blink_phase & 2) != 0 ? 8 : 0;
    for (unsigned i = 0; i < 16; ++i) colors_[i] = registers.palette_color((i & enabled) ^ swap);
    if (!paired_) return;
    for (unsigned i = 0; i < 256; ++i) colors_[i] = registers.dac_color(i);
  }

  void paint(const ScanLine& line, std::span<std::uint32_t> dots) const {
    switch (shift_) {
      case 0:
        return paired_ ? paint_pairs(line, dots, planar_dots) : paint_dots(line, dots, planar_dots);
      case 1:
        return paired_ ? paint_pairs(line, dots, interleaved_dots)
                       : paint_dots(line, dots, interleaved_dots);
      default:
        return paired_ ? paint_bytes(line, dots) : paint_dots(line, dots, nibble_dots);
    }
  }

 private:
  std::uint32_t cell(const ScanLine& line, std::size_t column) const {
    return memory_.planes(
        registers_.graphics_offset(line.address + static_cast<unsigned>(column), line.row));
  }

  template <class Shift>
  void paint_dots(const ScanLine& line, std::span<std::uint32_t> out, Shift shift) const {
    for (std::size_t x = 0; x + kDots <= out.size(); x += kDots) {
      const Dots dots = shift(cell(line, x / kDots));
      for (unsigned n = 0; n < kDots; ++n) out[x + n] = colors_[dots >> n * 8 & 0x0F];
    }
  }

  // 256 colours: two dots are one pixel, the first of them its high half.
  template <class Shift>
  void paint_pairs(const ScanLine& line, std::span<std::uint32_t> out, Shift shift) const {
    for (std::size_t x = 0; x + kDots <= out.size(); x += kDots) {
      const Dots dots = shift(cell(line, x / kDots));
      for (unsigned n = 0; n < kDots; n += 2) {
        const auto high = static_cast<unsigned>(dots >> n * 8 & 0x0F);
        const auto low = static_cast<unsigned>(dots >> (n + 1) * 8 & 0x0F);
        out[x + n] = out[x + n + 1] = colors_[high << 4 | low];
      }
    }
  }

  // The same for nibble_dots, where a pixel is a plane's byte.
  void paint_bytes(const ScanLine& line, std::span<std::uint32_t> out) const {
    for (std::size_t x = 0; x + kDots <= out.size(); x += kDots) {
      std::uint32_t bytes = cell(line, x / kDots);
      for (unsigned n = 0; n < kDots; n += 2, bytes >>= 8) {
        out[x + n] = out[x + n + 1] = colors_[bytes & 0xFF];
      }
    }
  }

  const VgaRegisters& registers_;
  const VideoMemory& memory_;
  unsigned shift_;
  bool paired_;
  std::array<std::uint32_t, 256> colors_{};
};

}  // namespace

void render_graphics(const VgaRegisters& registers, const VideoMemory& memory, unsigned blink_phase,
                     Frame& frame) {
  const LinePainter painter(registers, memory, blink_phase);
  scan_frame(registers, kDots, frame, [&](const ScanLine& line, std::span<std::uint32_t> dots) {
    painter.paint(line, dots);
  });
}

}  // namespace devices
