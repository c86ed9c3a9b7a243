// Interrupts and faults: entering handlers, NMI, HLT and shutdown. Real mode; gates come with
// protected mode. A failed entry is a double fault, a failed double fault shuts the processor down;
// the 8086 and 186 have neither, there nothing can fail. [386] 80386 Programmer's Reference Manual,
// 9 and 14.5; [286] 80286 ditto, real-address mode: vector 8 when the table is too short, shutdown
// when SP = 1.
#include "cpu/core.h"

namespace cpu {

// A word of the vector table.
std::uint16_t Core::load16(std::uint32_t linear) {
  std::uint16_t value;
  const std::uint8_t* host = linear % kPageSize + 2 <= kPageSize ? plain_read(linear) : nullptr;
  if (host == nullptr)
    return static_cast<std::uint16_t>(read_byte(linear) | read_byte(linear + 1) << 8);
  std::memcpy(&value, host, sizeof(value));
  return value;
}

// A word on the stack, the segment's limit already checked.
void Core::store16(unsigned index, std::uint32_t offset, std::uint16_t value) {
  if (write_fast(index, offset, value)) return;
  write_byte(linear_of_byte(index, offset), static_cast<std::uint8_t>(value));
  write_byte(linear_of_byte(index, offset + 1), static_cast<std::uint8_t>(value >> 8));
}

bool Core::try_deliver(std::uint8_t vector) {
  const std::uint32_t gate = vector * 4u;
  const std::uint32_t top = general[kEsp];
  if (at_least(Model::i80286)) {
    if (gate + 3 > system.idtr_limit) return false;
    for (std::uint32_t n = 2; n <= 6; n += 2) {
      if (((top - n) & stack_mask) + std::uint64_t{2} > segments[kSs].write_end) return false;
    }
  }
  store16(kSs, (top - 2) & stack_mask, static_cast<std::uint16_t>(eflags()));
  store16(kSs, (top - 4) & stack_mask, segments[kCs].selector);
  store16(kSs, (top - 6) & stack_mask, static_cast<std::uint16_t>(eip));
  set_stack_pointer(top - 6);
  system_flags &= ~std::uint32_t{kIf | kTf | kRf};
  update_flag_events();
  const std::uint32_t table = system.idtr_base + gate;
  const std::uint16_t offset = load16(table);
  load_segment(nullptr, kCs, load16(table + 2));
  eip = offset;
  return true;
}

void Core::deliver(std::uint8_t vector, std::uint32_t restart) {
  delivered_ = true;
  if (try_deliver(vector)) return;
  eip = restart;
  if (vector != kDoubleFault && try_deliver(kDoubleFault)) return;
  set_activity(Activity::shutdown);
}

void Core::set_activity(Activity value) {
  activity = value;
  events &= ~std::uint32_t{kEventIdle};
  if (value != Activity::running) raise_event(kEventIdle);
}

void Core::set_intr(bool level) {
  intr_pin = level;
  update_flag_events();
}

void Core::raise_nmi() {
  nmi_pending = true;
  if (!nmi_blocked) raise_event(kEventNmi);
}

void Core::end_nmi() {
  nmi_blocked = false;
  if (nmi_pending) raise_event(kEventNmi);
}

}  // namespace cpu
