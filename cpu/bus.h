// What the processor's pins carry besides memory: ports and the interrupt acknowledge cycle. The
// machine implements it; the processor never learns which device answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cpu {

class Bus {
 public:
  virtual ~Bus() = default;

  virtual std::uint8_t in8(std::uint16_t port) = 0;
  virtual std::uint16_t in16(std::uint16_t port) = 0;
  virtual std::uint32_t in32(std::uint16_t port) = 0;
  virtual void out8(std::uint16_t port, std::uint8_t value) = 0;
  virtual void out16(std::uint16_t port, std::uint16_t value) = 0;
  virtual void out32(std::uint16_t port, std::uint32_t value) = 0;

  // REP INSW/OUTSW in one piece: moves up to bytes.size() / 2 words and returns how many; 0 = the
  // port wants single cycles. The caller charges one instruction per word either way.
  virtual std::size_t in_words(std::uint16_t port, std::span<std::uint8_t> bytes) = 0;
  virtual std::size_t out_words(std::uint16_t port, std::span<const std::uint8_t> bytes) = 0;

  // INTA cycle: the interrupt controller's vector.
  virtual std::uint8_t acknowledge_interrupt() = 0;

  // Clocks since power-on, what the time stamp counter counts.
  virtual std::uint64_t time_stamp() { return 0; }

  // The coprocessor's error output, on change: the 8087's INT, later ERROR# or FERR#.
  virtual void coprocessor_error(bool /*level*/) {}
};

}  // namespace cpu
