// The interrupt controllers of an AT: one 8259A (Pic) and the cascaded pair of the board (PicPair).
//
// [8259A]  Intel 231468, 8259A Programmable Interrupt Controller
//
// INT is a function of requests, masks and services at every instant: a request that goes away
// before the processor acknowledges takes INT with it, and an acknowledge cycle that finds nothing
// answers with level 7 and sets no service bit. Not implemented: 8080 mode (ICW4 bit 0 = 0 is taken
// as 8086 mode), buffered mode (pins only), the ELCR of EISA boards.
#pragma once

#include <array>
#include <cstdint>

#include "devices/archive.h"
#include "devices/io_ports.h"
#include "devices/line.h"

namespace devices {

class Pic;

// One IR pin.
class PicInput {
 public:
  PicInput(Pic& pic, unsigned level) : pic_(&pic), bit_(static_cast<std::uint8_t>(1u << level)) {}
  void set(bool level);

 private:
  Pic* pic_;
  std::uint8_t bit_;
};

class Pic {
 public:
  enum class Role : std::uint8_t { master, slave };  // the SP pin

  explicit Pic(Role role);
  Pic(const Pic&) = delete;
  Pic& operator=(const Pic&) = delete;

  // Power-on. The chip has no reset pin; the levels at its inputs are not its own and stay.
  void reset();

  PicInput& input(unsigned level) { return inputs_[level & 7]; }
  Line intr;  // INT

  std::uint8_t read(bool a0);
  void write(bool a0, std::uint8_t value);

  // The INTA cycles: takes the request of highest priority into service.
  struct Acknowledge {
    std::uint8_t vector;
    std::uint8_t level;
    bool spurious;
  };
  Acknowledge acknowledge();
  // A slave sits at this input and has to supply the vector.
  bool cascades(unsigned level) const {
    return role_ == Role::master && (slaves_ >> level & 1) != 0;
  }

  std::uint8_t requests() const;  // IRR
  std::uint8_t in_service() const { return service_; }
  std::uint8_t mask() const { return mask_; }
  std::uint8_t vector_base() const { return vector_base_; }

  void serialize(Archive& archive);

 private:
  friend class PicInput;
  enum class Expect : std::uint8_t { operation, icw2, icw3, icw4 };

  static constexpr unsigned kNone = 8;

  void set_input(std::uint8_t bit, bool level);
  void begin_initialization(std::uint8_t icw1);
  void continue_initialization(std::uint8_t value);
  void operation_command2(std::uint8_t value);
  void operation_command3(std::uint8_t value);
  void end_of_interrupt(unsigned level, bool rotate);
  unsigned by_priority(unsigned rank) const { return (lowest_ + 1u + rank) & 7; }
  unsigned pending_level() const;
  unsigned serviced_level() const;
  void take(unsigned level);
  void update();

  const Role role_;
  std::array<PicInput, 8> inputs_;

  std::uint8_t lines_ = 0;    // levels at the pins
  std::uint8_t edges_ = 0;    // rose since the last acknowledge of that level
  std::uint8_t service_ = 0;  // ISR
  std::uint8_t mask_ = 0;     // IMR
  std::uint8_t vector_base_ = 0;
  std::uint8_t slaves_ = 0;  // ICW3 of a master
  std::uint8_t lowest_ = 7;  // level of lowest priority
  Expect expect_ = Expect::operation;
  bool wants_icw4_ = false;
  bool single_ = false;
  bool level_triggered_ = false;
  bool auto_eoi_ = false;
  bool rotate_on_auto_eoi_ = false;
  bool fully_nested_ = false;  // special fully nested mode
  bool special_mask_ = false;
  bool read_service_ = false;
  bool poll_ = false;
};

class PicPair final : public PortDevice {
 public:
  PicPair();

  void reset();
  void claim_ports(IoPorts& ports);  // 20-21, A0-A1

  // IRQ 0..15. IRQ 2 is the cascade and not to be driven.
  PicInput& input(unsigned irq) { return irq < 8 ? master_.input(irq) : slave_.input(irq - 8); }
  Line& intr() { return master_.intr; }
  std::uint8_t acknowledge();

  const Pic& master() const { return master_; }
  const Pic& slave() const { return slave_; }

  std::uint8_t in8(std::uint16_t port) override;
  void out8(std::uint16_t port, std::uint8_t value) override;
  void serialize(Archive& archive);

 private:
  Pic master_;
  Pic slave_;
};

}  // namespace devices
