#include "devices/pic.h"

namespace devices {

namespace {
constexpr unsigned kCascadeLevel = 2;
constexpr std::uint8_t kSpuriousLevel = 7;

constexpr std::uint8_t bit(unsigned level) {
  return static_cast<std::uint8_t>(1u << level);
}

// [8259A] "Initialization command words", "Operation command words"
constexpr std::uint8_t kIcw1 = 0x10;  // A0 = 0 and this bit: ICW1
constexpr std::uint8_t kIcw1WantsIcw4 = 0x01;
constexpr std::uint8_t kIcw1Single = 0x02;
constexpr std::uint8_t kIcw1LevelTriggered = 0x08;
constexpr std::uint8_t kIcw2Base = 0xF8;
constexpr std::uint8_t kIcw4AutoEoi = 0x02;
constexpr std::uint8_t kIcw4FullyNested = 0x10;
constexpr std::uint8_t kOcw3 = 0x08;  // A0 = 0, not ICW1, this bit: OCW3, else OCW2
constexpr std::uint8_t kOcw3Poll = 0x04;
constexpr std::uint8_t kOcw3SetRead = 0x02;
constexpr std::uint8_t kOcw3ReadService = 0x01;
constexpr std::uint8_t kOcw3SetSpecialMask = 0x40;
constexpr std::uint8_t kOcw3SpecialMask = 0x20;
}  // namespace

void PicInput::set(bool level) {
  pic_->set_input(bit_, level);
}

Pic::Pic(Role role)
    : role_(role), inputs_{PicInput(*this, 0), PicInput(*this, 1), PicInput(*this, 2),
                           PicInput(*this, 3), PicInput(*this, 4), PicInput(*this, 5),
                           PicInput(*this, 6), PicInput(*this, 7)} {}

void Pic::reset() {
  edges_ = service_ = mask_ = vector_base_ = slaves_ = 0;
  lowest_ = 7;
  expect_ = Expect::operation;
  wants_icw4_ = single_ = level_triggered_ = auto_eoi_ = rotate_on_auto_eoi_ = false;
  fully_nested_ = special_mask_ = read_service_ = poll_ = false;
  update();
}

void Pic::set_input(std::uint8_t bit, bool level) {
  const bool was = (lines_ & bit) != 0;
  if (level == was) return;
  lines_ ^= bit;
  edges_ = static_cast<std::uint8_t>(level ? edges_ | bit : edges_ & ~bit);
  update();
}

// The request latch is transparent: IRR shows a level only while its line is still high.
std::uint8_t Pic::requests() const {
  return level_triggered_ ? lines_ : edges_;
}

std::uint8_t Pic::read(bool a0) {
  if (poll_) {
    poll_ = false;
    const unsigned level = pending_level();
    if (level == kNone) return 0;
    take(level);
    return static_cast<std::uint8_t>(0x80 | level);
  }
  if (a0) return mask_;
  return read_service_ ? service_ : requests();
}

void Pic::write(bool a0, std::uint8_t value) {
  if (a0) {
    if (expect_ == Expect::operation) {
      mask_ = value;
    } else {
      continue_initialization(value);
    }
  } else if ((value & kIcw1) != 0) {
    begin_initialization(value);
  } else if ((value & kOcw3) != 0) {
    operation_command3(value);
  } else {
    operation_command2(value);
  }
  update();
}

// [8259A] "ICW1": what happens automatically when it is received. Without ICW4 all its functions
// are off; with one they are about to be written.
void Pic::begin_initialization(std::uint8_t icw1) {
  edges_ = service_ = mask_ = slaves_ = 0;
  lowest_ = 7;
  special_mask_ = read_service_ = poll_ = false;
  auto_eoi_ = rotate_on_auto_eoi_ = fully_nested_ = false;
  level_triggered_ = (icw1 & kIcw1LevelTriggered) != 0;
  single_ = (icw1 & kIcw1Single) != 0;
  wants_icw4_ = (icw1 & kIcw1WantsIcw4) != 0;
  expect_ = Expect::icw2;
}

void Pic::continue_initialization(std::uint8_t value) {
  const Expect after3 = wants_icw4_ ? Expect::icw4 : Expect::operation;
  switch (expect_) {
    case Expect::icw2:
      vector_base_ = value & kIcw2Base;
      expect_ = single_ ? after3 : Expect::icw3;
      break;
    case Expect::icw3:
      slaves_ = role_ == Role::master ? value : std::uint8_t{0};
      expect_ = after3;
      break;
    case Expect::icw4:
      auto_eoi_ = (value & kIcw4AutoEoi) != 0;
      fully_nested_ = (value & kIcw4FullyNested) != 0;
      expect_ = Expect::operation;
      break;
    case Expect::operation:
      break;
  }
}

void Pic::operation_command2(std::uint8_t value) {
  const unsigned level = value & 7;
  switch (value >> 5) {  // R, SL, EOI
    case 0b000:
      rotate_on_auto_eoi_ = false;
      break;
    case 0b100:
      rotate_on_auto_eoi_ = true;
      break;
    case 0b001:
    case 0b101:
      if (const unsigned served = serviced_level(); served != kNone) {
        end_of_interrupt(served, (value & 0x80) != 0);
      }
      break;
    case 0b011:
    case 0b111:
      end_of_interrupt(level, (value & 0x80) != 0);
      break;
    case 0b110:
      lowest_ = static_cast<std::uint8_t>(level);
      break;
    default:  // 010: no operation
      break;
  }
}

void Pic::operation_command3(std::uint8_t value) {
  if ((value & kOcw3SetSpecialMask) != 0) special_mask_ = (value & kOcw3SpecialMask) != 0;
  if ((value & kOcw3SetRead) != 0) read_service_ = (value & kOcw3ReadService) != 0;
  if ((value & kOcw3Poll) != 0) poll_ = true;
}

void Pic::end_of_interrupt(unsigned level, bool rotate) {
  service_ = static_cast<std::uint8_t>(service_ & ~bit(level));
  if (rotate) lowest_ = static_cast<std::uint8_t>(level);
}

// What a non-specific EOI ends: special mask mode hides masked levels from it.
unsigned Pic::serviced_level() const {
  const unsigned visible = special_mask_ ? service_ & ~mask_ : service_;
  for (unsigned rank = 0; rank < 8; ++rank) {
    if ((visible & bit(by_priority(rank))) != 0) return by_priority(rank);
  }
  return kNone;
}

// The unmasked request of highest priority that no service of the same or a higher one holds off.
// In special fully nested mode a slave may come again while it is being served.
unsigned Pic::pending_level() const {
  const unsigned wanted = requests() & ~mask_;
  if (wanted == 0) return kNone;
  const unsigned blocking = special_mask_ ? service_ & ~mask_ : service_;
  for (unsigned rank = 0; rank < 8; ++rank) {
    const unsigned level = by_priority(rank);
    const bool serviced = (blocking & bit(level)) != 0;
    const bool requested = (wanted & bit(level)) != 0;
    if (requested && (!serviced || (fully_nested_ && cascades(level)))) return level;
    if (serviced) return kNone;
  }
  return kNone;
}

void Pic::take(unsigned level) {
  edges_ = static_cast<std::uint8_t>(edges_ & ~bit(level));
  if (!auto_eoi_) {
    service_ |= bit(level);
  } else if (rotate_on_auto_eoi_) {
    lowest_ = static_cast<std::uint8_t>(level);
  }
  // INT falls with the first INTA pulse even when another request keeps it wanted: the master of a
  // cascade needs the new edge.
  intr.set(false);
  update();
}

Pic::Acknowledge Pic::acknowledge() {
  const unsigned level = pending_level();
  if (level == kNone) {
    return {static_cast<std::uint8_t>(vector_base_ | kSpuriousLevel), kSpuriousLevel, true};
  }
  take(level);
  return {static_cast<std::uint8_t>(vector_base_ | level), static_cast<std::uint8_t>(level), false};
}

void Pic::update() {
  intr.set(expect_ == Expect::operation && pending_level() != kNone);
}

void Pic::serialize(Archive& archive) {
  archive.tag("8259", 1);
  archive(intr);
  archive(lines_);
  archive(edges_);
  archive(service_);
  archive(mask_);
  archive(vector_base_);
  archive(slaves_);
  archive(lowest_);
  archive(expect_);
  archive(wants_icw4_);
  archive(single_);
  archive(level_triggered_);
  archive(auto_eoi_);
  archive(rotate_on_auto_eoi_);
  archive(fully_nested_);
  archive(special_mask_);
  archive(read_service_);
  archive(poll_);
  if (archive.loading()) {
    vector_base_ &= kIcw2Base;
    lowest_ &= 7;
    edges_ &= lines_;
    if (expect_ > Expect::icw4) throw ArchiveError("state: 8259 initialization step out of range");
  }
}

PicPair::PicPair() : master_(Pic::Role::master), slave_(Pic::Role::slave) {
  slave_.intr.connect<&PicInput::set>(master_.input(kCascadeLevel));
}

void PicPair::reset() {
  slave_.reset();
  master_.reset();
}

void PicPair::claim_ports(IoPorts& ports) {
  ports.claim(*this, "8259 master", 0x20, 0x21);
  ports.claim(*this, "8259 slave", 0xA0, 0xA1);
}

// The master goes first: its latch of the cascade input must be spent before the slave drops INT
// and perhaps raises it anew. A slave that has lost its request answers with its own level 7, and
// the service bit of the cascade stays set in the master.
std::uint8_t PicPair::acknowledge() {
  const Pic::Acknowledge first = master_.acknowledge();
  if (first.spurious || !master_.cascades(first.level)) return first.vector;
  if (first.level != kCascadeLevel) return 0xFF;  // ICW3 names a slave that the board does not have
  return slave_.acknowledge().vector;
}

std::uint8_t PicPair::in8(std::uint16_t port) {
  return ((port & 0x80) != 0 ? slave_ : master_).read((port & 1) != 0);
}

void PicPair::out8(std::uint16_t port, std::uint8_t value) {
  ((port & 0x80) != 0 ? slave_ : master_).write((port & 1) != 0, value);
}

void PicPair::serialize(Archive& archive) {
  archive.tag("pics", 1);
  archive(master_);
  archive(slave_);
}

}  // namespace devices
