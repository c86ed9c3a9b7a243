// Interrupts and exceptions: entering handlers through the vector table of real mode or the gates
// of protected mode, what becomes of a fault during delivery, NMI, HLT and shutdown. In real mode a
// failed entry is a double fault; the 8086 and 186 have neither, there nothing can fail. [386]
// 80386 Programmer's Reference Manual, 9, 14.5 and 15.3; [286] 80286 ditto, 9, real-address mode:
// vector 8 when the table is too short, shutdown when SP = 1.
#include <algorithm>

#include "cpu/core.h"

namespace cpu {

namespace {

bool pushes_error_code(std::uint8_t vector) {
  return vector == kDoubleFault || (vector >= kInvalidTaskState && vector <= kPageFault) ||
         vector == kAlignmentCheck;
}

// [386] 9.8.8
enum class Severity { benign, contributory, page_fault, double_fault };
Severity severity(const Interruption& what) {
  if (what.cause != Cause::exception) return Severity::benign;
  if (what.vector == kDoubleFault) return Severity::double_fault;
  if (what.vector == kPageFault) return Severity::page_fault;
  const bool contributes =
      what.vector == kDivideError || (what.vector >= kInvalidTaskState && what.vector < kPageFault);
  return contributes ? Severity::contributory : Severity::benign;
}

}  // namespace

// A word of the real-mode vector table.
std::uint16_t Core::load16(std::uint32_t linear) {
  std::uint16_t value;
  const std::uint8_t* host = linear % kPageSize + 2 <= kPageSize ? plain_read(linear) : nullptr;
  if (host == nullptr) {
    for (std::uint32_t n = 0; access_watch_ != nullptr && n < 2; ++n) {
      const TlbEntry* entry = find_page(read_tlb, linear + n, false);
      if (entry == nullptr) continue;
      const std::uint32_t at = entry->physical + (linear + n) % kPageSize;
      show_piece(linear + n, at, 1, {false, true, peek_word(at, 1), peek_word(at, 1)});
    }
    return static_cast<std::uint16_t>(read_byte(linear) | read_byte(linear + 1) << 8);
  }
  std::memcpy(&value, host, sizeof(value));
  return value;
}

// A word on the real-mode stack, the segment's limit already checked.
void Core::store16(unsigned index, std::uint32_t offset, std::uint16_t value) {
  if (write_fast(index, offset, value)) return;
  const std::uint32_t before = bytes_before(index, offset, sizeof(value));
  write_byte(linear_of_byte(index, offset), static_cast<std::uint8_t>(value));
  write_byte(linear_of_byte(index, offset + 1), static_cast<std::uint8_t>(value >> 8));
  show_access(index, offset, sizeof(value), {true, true, before, value});
}

bool Core::enter_real_handler(const Interruption& what) {
  const std::uint32_t gate = what.vector * 4u;
  const std::uint32_t top = general[kEsp];
  if (at_least(Model::i80286)) {
    if (gate + 3 > system.idtr_limit) return refuse(kDoubleFault);
    for (std::uint32_t n = 2; n <= 6; n += 2) {
      if (((top - n) & stack_mask) + std::uint64_t{2} > segments[kSs].write_end)
        return refuse(kDoubleFault);
    }
  }
  store16(kSs, (top - 2) & stack_mask, static_cast<std::uint16_t>(eflags()));
  store16(kSs, (top - 4) & stack_mask, segments[kCs].selector);
  store16(kSs, (top - 6) & stack_mask, static_cast<std::uint16_t>(eip));
  set_stack_pointer(top - 6);
  system_flags &= ~std::uint32_t{kIf | kTf | kRf | kAc};
  update_flag_events();
  const std::uint32_t table = system.idtr_base + gate;
  const std::uint16_t offset = load16(table);
  load_real_segment(kCs, load16(table + 2));
  eip = offset;
  return true;
}

// [386] INT, protected-mode pseudo code.
bool Core::enter_handler(const Interruption& what) {
  if ((system.cr0 & kCr0Pe) == 0) return enter_real_handler(what);
  const std::uint16_t external = what.cause == Cause::software ? 0 : 1;
  const std::uint32_t at = what.vector * 8u;
  const auto error = static_cast<std::uint16_t>(at | 2 | external);
  if (at + 7 > system.idtr_limit) return refuse(kGeneralProtection, error);
  std::uint64_t both;
  if (!read_system(system.idtr_base + at, both)) return false;
  Descriptor gate{static_cast<std::uint32_t>(both), static_cast<std::uint32_t>(both >> 32)};
  if (!at_least(Model::i80386)) gate.high &= 0xFFFF;
  const unsigned type = gate.system_type();
  const bool is_gate = type == kTaskGate || type == kInterruptGate16 || type == kTrapGate16 ||
                       type == kInterruptGate32 || type == kTrapGate32;
  if (!is_gate || !known_type(type)) return refuse(kGeneralProtection, error);
  if (what.cause == Cause::software && gate.dpl() < cpl) return refuse(kGeneralProtection, error);
  if (!gate.present()) return refuse(kSegmentNotPresent, error);
  if (type == kTaskGate) return enter_task(what, gate.gate_selector(), external);
  return enter_through_gate(what, gate, external);
}

bool Core::enter_task(const Interruption& what, std::uint16_t selector, std::uint16_t external) {
  if (!task_by_selector(selector, TaskSwitch::call, eip, kGeneralProtection, external))
    return false;
  if (what.cause != Cause::exception || !pushes_error_code(what.vector)) return true;
  const unsigned size = (system.tr.access & kWideBit) != 0 ? 4 : 2;
  StackFrame frame{segments[kSs], general[kEsp], size, cpl == 3, {}, 0};
  frame.push(what.error_code);
  if (!frame_fits(frame, external)) {
    refusal_.in_new_task = true;
    return false;
  }
  write_frame(frame);
  set_stack_pointer(frame.pointer_after());
  return true;
}

bool Core::enter_through_gate(const Interruption& what, const Descriptor& gate,
                              std::uint16_t external) {
  const std::uint16_t selector = gate.gate_selector();
  const std::uint16_t error = selector_error(selector, external);
  if (is_null(selector)) return refuse(kGeneralProtection, external);
  Descriptor d;
  if (!fetch_descriptor(selector, d, kGeneralProtection, external)) return false;
  if (!d.is_code() || d.dpl() > cpl) return refuse(kGeneralProtection, error);
  if (!d.present()) return refuse(kSegmentNotPresent, error);
  const bool from_v86 = in_v86_mode();
  const bool inward = !d.is_conforming() && d.dpl() < cpl;
  // V86 mode is left for level 0 only.
  if (from_v86 && (!inward || d.dpl() != 0)) return refuse(kGeneralProtection, error);

  const unsigned size = gate.wide() ? 4 : 2;
  StackFrame frame{segments[kSs], general[kEsp], size, cpl == 3, {}, 0};
  std::uint16_t stack = 0;
  Descriptor stack_descriptor;
  if (inward) {
    if (!inner_stack(d.dpl(), frame, stack, stack_descriptor, external)) return false;
    if (from_v86) {
      for (const unsigned n : {kGs, kFs, kDs, kEs}) frame.push(segments[n].selector);
    }
    frame.push(segments[kSs].selector);
    frame.push(general[kEsp]);
  }
  // A fault will meet its instruction again: breakpoints on it were dealt with. [386] 12.3.1.1
  const bool restarts = what.cause == Cause::exception && what.vector != kDebug;
  frame.push(eflags() | (restarts && at_least(Model::i80386) ? kRf : 0u));
  frame.push(segments[kCs].selector);
  frame.push(eip);
  if (what.cause == Cause::exception && pushes_error_code(what.vector)) frame.push(what.error_code);
  const std::uint16_t stack_error = inward ? selector_error(stack, external) : external;
  if (!frame_fits(frame, stack_error)) return false;
  if (gate.gate_offset() > d.limit()) return refuse(kGeneralProtection, external);
  if (!mark_accessed(selector, d)) return false;
  if (inward && !mark_accessed(stack, stack_descriptor)) return false;

  write_frame(frame);
  const unsigned level = inward ? d.dpl() : cpl;
  const bool masks = (gate.system_type() & 1) == 0;  // interrupt gates do, trap gates do not
  system_flags &= ~std::uint32_t{kTf | kNt | kRf | kVm};
  if (masks) system_flags &= ~std::uint32_t{kIf};
  if (inward) {
    set_cache(kSs, stack, stack_descriptor);
    if (from_v86) {
      for (const unsigned n : {kGs, kFs, kDs, kEs}) set_null(n, 0);
    }
  }
  update_mode();
  update_flag_events();
  set_stack_pointer(frame.pointer_after());
  set_cache(kCs, static_cast<std::uint16_t>((selector & 0xFFFC) | level), d);
  eip = gate.gate_offset();
  return true;
}

void Core::deliver(Interruption what) {
  delivered_ = true;
  if (what.cause == Cause::exception && what.vector == kPageFault) system.cr2 = what.address;
  for (;;) {
    note_delivery(what);
    if (enter_handler(what)) return;
    // Also where it makes the fault a double one.
    if (refusal_.vector == kPageFault) system.cr2 = refusal_.address;
    if (!refusal_.in_new_task) eip = what.restart;
    if (what.cause == Cause::exception && what.vector == kDoubleFault) break;
    what = combined(what);
    what.restart = eip;
  }
  set_activity(Activity::shutdown);
}

// What a refused delivery of `first` is followed by.
Interruption Core::combined(const Interruption& first) const {
  const Interruption second{refusal_.vector, Cause::exception, refusal_.error_code, 0,
                            refusal_.address};
  const Severity before = severity(first), now = severity(second);
  const bool doubled = now != Severity::benign &&
                       (before == Severity::page_fault ||
                        (before == Severity::contributory && now == Severity::contributory));
  return doubled ? Interruption{kDoubleFault, Cause::exception, 0, 0, 0} : second;
}

void Core::note_delivery(const Interruption& what) {
  if (what.cause != Cause::exception) return;
  deliveries_[delivery_count_++ % kRecentExceptions] = {
      what.vector,
      (system.cr0 & kCr0Pe) != 0 && pushes_error_code(what.vector),
      what.error_code,
      segments[kCs].selector,
      eip,
      what.vector == kPageFault ? system.cr2 : 0};
}

std::span<const Delivery> Core::recent_exceptions() const {
  const std::size_t known = std::min(delivery_count_, kRecentExceptions);
  for (std::size_t n = 0; n < known; ++n) {
    deliveries_ordered_[n] = deliveries_[(delivery_count_ - known + n) % kRecentExceptions];
  }
  return {deliveries_ordered_.data(), known};
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
