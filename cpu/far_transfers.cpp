// Far JMP, CALL, RET and IRET in protected mode: code segments, call gates, rings, tasks, and the
// way into V86 mode. Everything is checked in the manual's order before anything changes.
// [386] 80386 Programmer's Reference Manual, 6.3.3, 15.3, and chapter 17 under CALL, JMP, RET,
// IRET; [286] 80286 ditto, 7.
#include "cpu/core.h"

namespace cpu {

namespace {

constexpr std::uint16_t with_level(std::uint16_t selector, unsigned level) {
  return static_cast<std::uint16_t>((selector & 0xFFFC) | level);
}

}  // namespace

void Core::enter_code(std::uint16_t selector, unsigned level, const Descriptor& d) {
  set_cache(kCs, with_level(selector, level), d);
}

Insn* Core::far_transfer(Insn* i, std::uint16_t selector, std::uint32_t offset, unsigned size) {
  callback_begins(i);
  const bool call = size != 0;
  if (is_null(selector)) return fault(i, kGeneralProtection);
  Descriptor d;
  if (!fetch_descriptor(selector, d, kGeneralProtection)) return refused(i);
  const std::uint16_t error = selector_error(selector);
  const unsigned level = requested_level(selector);

  if (d.is_segment()) {
    const bool allowed =
        d.is_code() && (d.is_conforming() ? d.dpl() <= cpl : level <= cpl && d.dpl() == cpl);
    if (!allowed) return fault(i, kGeneralProtection, error);
    if (!d.present()) return fault(i, kSegmentNotPresent, error);
    StackFrame frame{segments[kSs], general[kEsp], size, cpl == 3, {}, 0};
    if (call) {
      frame.push(segments[kCs].selector);
      frame.push(end_of(i));
      if (!frame_fits(frame, 0)) return refused(i);
    }
    if (offset > d.limit()) return fault(i, kGeneralProtection);
    if (!mark_accessed(selector, d)) return refused(i);
    if (call) {
      write_frame(frame);
      general[kEsp] = frame.pointer_after();
    }
    enter_code(selector, cpl, d);
    return jump(i, offset);
  }

  const unsigned type = d.system_type();
  if (!known_type(type) || level > d.dpl() || cpl > d.dpl())
    return fault(i, kGeneralProtection, error);
  const TaskSwitch how = call ? TaskSwitch::call : TaskSwitch::jump;
  switch (type) {
    case kCallGate16:
    case kCallGate32:
      if (!d.present()) return fault(i, kSegmentNotPresent, error);
      return call_through_gate(i, selector, d, call);
    case kTaskGate:
      if (!d.present()) return fault(i, kSegmentNotPresent, error);
      return after_task_switch(
          i, task_by_selector(d.gate_selector(), how, end_of(i), kGeneralProtection, 0));
    case kTss16:
    case kTss32:
      return after_task_switch(i,
                               task_by_selector(selector, how, end_of(i), kGeneralProtection, 0));
    default:
      return fault(i, kGeneralProtection, error);
  }
}

Insn* Core::call_through_gate(Insn* i, std::uint16_t, const Descriptor& gate, bool call) {
  const std::uint16_t selector = gate.gate_selector();
  const std::uint16_t error = selector_error(selector);
  if (is_null(selector)) return fault(i, kGeneralProtection);
  Descriptor d;
  if (!fetch_descriptor(selector, d, kGeneralProtection)) return refused(i);
  // A jump cannot change the level, a call only to an inner one.
  const bool same_level = d.is_conforming() || d.dpl() == cpl;
  if (!d.is_code() || d.dpl() > cpl || (!call && !same_level))
    return fault(i, kGeneralProtection, error);
  if (!d.present()) return fault(i, kSegmentNotPresent, error);

  const unsigned size = gate.wide() ? 4 : 2;
  StackFrame frame{segments[kSs], general[kEsp], size, cpl == 3, {}, 0};
  std::uint16_t stack = 0;
  Descriptor stack_descriptor;
  std::uint16_t stack_error = 0;
  if (call && !same_level) {
    if (!inner_stack(d.dpl(), frame, stack, stack_descriptor, 0)) return refused(i);
    stack_error = selector_error(stack);
    frame.push(segments[kSs].selector);
    frame.push(general[kEsp]);
    for (unsigned n = gate.gate_parameters(); n-- > 0;) {
      const std::uint32_t at = (general[kEsp] + n * size) & stack_mask;
      std::uint16_t narrow = 0;
      std::uint32_t value = 0;
      if (size == 4 ? !read(i, kSs, at, value) : !read(i, kSs, at, narrow)) return nullptr;
      frame.push(size == 4 ? value : narrow);
    }
  }
  if (call) {
    frame.push(segments[kCs].selector);
    frame.push(end_of(i));
    if (!frame_fits(frame, stack_error)) return refused(i);
  }
  if (gate.gate_offset() > d.limit()) return fault(i, kGeneralProtection);
  if (!mark_accessed(selector, d)) return refused(i);
  if (call && !same_level && !mark_accessed(stack, stack_descriptor)) return refused(i);
  if (call) write_frame(frame);
  if (call && !same_level) {
    set_cache(kSs, stack, stack_descriptor);
    enter_code(selector, d.dpl(), d);
  } else {
    enter_code(selector, cpl, d);
  }
  if (call) set_stack_pointer(frame.pointer_after());
  return jump(i, gate.gate_offset());
}

// --- returning ---

Insn* Core::far_return(Insn* i, unsigned size, std::uint32_t release) {
  callback_begins(i);
  return return_to(i, size, release, nullptr);
}

namespace {

// A cell of the stack, `n` cells above the pointer.
bool stack_cell(Core& c, Insn* i, unsigned size, std::uint32_t distance, std::uint32_t& value) {
  const std::uint32_t at = (c.general[kEsp] + distance) & c.stack_mask;
  if (size == 4) return c.read(i, kSs, at, value);
  std::uint16_t narrow;
  if (!c.read(i, kSs, at, narrow)) return false;
  value = narrow;
  return true;
}

}  // namespace

// RET and, with a flags image, IRET to the same or an outer level.
Insn* Core::return_to(Insn* i, unsigned size, std::uint32_t release, const std::uint32_t* image) {
  std::uint32_t target;
  std::uint32_t cs_cell;
  if (!stack_cell(*this, i, size, 0, target)) return nullptr;
  if (!stack_cell(*this, i, size, size, cs_cell)) return nullptr;
  const auto selector = static_cast<std::uint16_t>(cs_cell);
  const std::uint16_t error = selector_error(selector);
  const unsigned level = requested_level(selector);
  if (is_null(selector)) return fault(i, kGeneralProtection);
  Descriptor d;
  if (!fetch_descriptor(selector, d, kGeneralProtection)) return refused(i);
  const bool fits = d.is_conforming() ? d.dpl() <= level : d.dpl() == level;
  if (!d.is_code() || level < cpl || !fits) return fault(i, kGeneralProtection, error);
  if (!d.present()) return fault(i, kSegmentNotPresent, error);

  const std::uint32_t cells = (image != nullptr ? 3 : 2) * size;
  const bool outward = level > cpl;
  std::uint32_t pointer = 0;
  std::uint32_t stack_cell_value = 0;
  Descriptor stack_descriptor;
  if (outward) {
    if (!stack_cell(*this, i, size, cells + release, pointer)) return nullptr;
    if (!stack_cell(*this, i, size, cells + release + size, stack_cell_value)) return nullptr;
    if (!check_stack_segment(static_cast<std::uint16_t>(stack_cell_value), level,
                             kGeneralProtection, stack_descriptor))
      return refused(i);
  }
  if (target > d.limit()) return fault(i, kGeneralProtection);
  const auto stack = static_cast<std::uint16_t>(stack_cell_value);
  if (!mark_accessed(selector, d)) return refused(i);
  if (outward && !mark_accessed(stack, stack_descriptor)) return refused(i);

  const std::uint32_t flags_image = image != nullptr ? return_flags(*image, size) : 0;
  if (outward) {
    set_cache(kSs, stack, stack_descriptor);
    enter_code(selector, level, d);
    if (stack_mask == 0xFFFFFFFF) {
      general[kEsp] = pointer + release;
    } else {
      set_stack_pointer(pointer + release);
    }
    drop_inner_segments();
  } else {
    set_stack_pointer(general[kEsp] + cells + release);
    enter_code(selector, level, d);
  }
  if (image == nullptr) return jump(i, target);
  set_eflags(flags_image);
  resume_set = true;
  end_nmi();
  return jump(i, target);
}

// What IRET may change, by the level it is executed at.
std::uint32_t Core::return_flags(std::uint32_t image, unsigned size) const {
  std::uint32_t kept = kVm;
  if (cpl != 0) kept |= kIopl;
  if (cpl > iopl()) kept |= kIf;
  if (size == 2) kept |= 0xFFFF0000;
  return (image & ~kept) | (system_flags & kept);
}

// DS, ES, FS and GS that the outer level may not use are taken away.
void Core::drop_inner_segments() {
  for (const unsigned n : {kDs, kEs, kFs, kGs}) {
    const SegmentCache& cache = segments[n];
    const bool conforming = cache.is_code() && (cache.access & kAccessExpandDown) != 0;
    if (cache.access != 0 && !conforming && cache.dpl() < cpl) set_null(n, 0);
  }
}

Insn* Core::interrupt_return(Insn* i, unsigned size) {
  callback_begins(i);
  if (flag(kNt)) {
    std::uint16_t link;
    if (!read_system(system.tr.base, link)) return refused(i);
    const bool switched =
        task_by_selector(link, TaskSwitch::interrupt_return, end_of(i), kInvalidTaskState, 0);
    if (switched) end_nmi();
    return after_task_switch(i, switched);
  }
  std::uint32_t target;
  std::uint32_t selector;
  std::uint32_t image;
  if (!stack_cell(*this, i, size, 0, target)) return nullptr;
  if (!stack_cell(*this, i, size, size, selector)) return nullptr;
  if (!stack_cell(*this, i, size, 2 * size, image)) return nullptr;
  if (size == 4 && (image & kVm) != 0 && cpl == 0)
    return return_to_v86(i, target, static_cast<std::uint16_t>(selector), image);
  return return_to(i, size, 0, &image);
}

Insn* Core::return_to_v86(Insn* i, std::uint32_t target, std::uint16_t selector,
                          std::uint32_t image) {
  // ESP, SS, ES, DS, FS, GS lie behind EIP, CS, EFLAGS.
  std::array<std::uint32_t, 6> cells;
  for (unsigned n = 0; n < cells.size(); ++n) {
    if (!stack_cell(*this, i, 4, 12 + 4 * n, cells[n])) return nullptr;
  }
  if (target > 0xFFFF) return fault(i, kGeneralProtection);
  set_eflags(image);
  resume_set = true;
  general[kEsp] = cells[0];
  constexpr std::array<unsigned, 5> kOrder = {kSs, kEs, kDs, kFs, kGs};
  for (unsigned n = 0; n < kOrder.size(); ++n) {
    load_real_segment(kOrder[n], static_cast<std::uint16_t>(cells[n + 1]));
  }
  load_real_segment(kCs, selector);
  end_nmi();
  return stop(i, target);
}

// --- real and V86 mode ---

Insn* Core::far_jump(Insn* i, std::uint16_t selector, std::uint32_t offset) {
  if (offset >= code_end) return fault(i, kGeneralProtection);
  load_real_segment(kCs, selector);
  return jump(i, offset);
}

}  // namespace cpu
