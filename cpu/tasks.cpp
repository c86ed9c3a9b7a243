// Task state segments of both sizes: switching tasks, inner stacks, the I/O permission bitmap.
// A switch is checked as far as the manual lets it fail in the old task; after that the new task
// owns every fault (Refusal::in_new_task). [386] 80386 Programmer's Reference Manual, 7 and table
// 7-1, 8.3.2; [286] 80286 ditto, 8.
#include <algorithm>

#include "cpu/core.h"

namespace cpu {

namespace {

constexpr unsigned kSmall = 44, kLarge = 104;  // bytes of a TSS without what software adds
constexpr std::uint32_t kBitmapAt = 102;       // word: offset of the I/O permission bitmap

// Where things lie: general registers in RegisterIndex order, selectors in SegmentIndex order.
struct Layout {
  unsigned size;       // of a cell
  unsigned eip;        // eip, flags and the general registers lie one behind the other
  unsigned selectors;  // a cell each
  unsigned selector_count;
  unsigned ldt;
};
constexpr Layout kLayout16{2, 14, 34, 4, 42};
constexpr Layout kLayout32{4, 32, 72, 6, 96};
constexpr unsigned kCr3At = 28, kTrapAt = 100;

const Layout& layout(bool wide) {
  return wide ? kLayout32 : kLayout16;
}

std::uint32_t cell(std::span<const std::uint8_t> bytes, unsigned at, unsigned size) {
  std::uint32_t value = 0;
  std::memcpy(&value, &bytes[at], size);
  return value;
}

bool is_wide(const Registers::Segment& tss) {
  return (tss.access & kWideBit) != 0;
}

}  // namespace

// The part that a switch leaves behind.
void Core::save_task(std::uint32_t base, bool wide, std::uint32_t image, std::uint32_t return_eip) {
  const Layout& l = layout(wide);
  std::array<std::uint8_t, kLarge> bytes{};
  unsigned at = l.eip;
  const auto put = [&](std::uint32_t value) {
    std::memcpy(&bytes[at], &value, l.size);
    at += l.size;
  };
  put(return_eip);
  put(image);
  for (unsigned n = 0; n < 8; ++n) put(general[n]);
  // The upper halves of the selectors' cells stay as they are in memory.
  write_linear(base + l.eip, std::span(bytes).subspan(l.eip, at - l.eip));
  for (unsigned n = 0; n < l.selector_count; ++n) {
    write_system(base + l.selectors + n * l.size, segments[n].selector);
  }
}

bool Core::switch_task(std::uint16_t selector, const Descriptor& d, TaskSwitch how,
                       std::uint32_t return_eip, std::uint16_t external) {
  const bool wide = d.wide();
  const Layout& l = layout(wide);
  const unsigned size = wide ? kLarge : kSmall;
  if (d.limit() < size - 1) return refuse(kInvalidTaskState, selector_error(selector, external));
  const Registers::Segment old = system.tr;
  const unsigned old_size = is_wide(old) ? kLarge : kSmall;
  std::array<std::uint8_t, kLarge> bytes{};
  if (!probe_linear(old.base, old_size, true)) return false;
  if (how == TaskSwitch::call && !probe_linear(d.base(), 2, true)) return false;
  if (!read_linear(d.base(), std::span(bytes).first(size))) return false;
  Descriptor old_descriptor;
  if (how != TaskSwitch::call &&
      !fetch_descriptor(old.selector, old_descriptor, kInvalidTaskState, external))
    return false;

  // The old task.
  std::uint32_t image = eflags();
  if (how == TaskSwitch::interrupt_return) image &= ~std::uint32_t{kNt};
  save_task(old.base, is_wide(old), image, return_eip);
  if (how != TaskSwitch::call && !set_access(old.selector, old_descriptor,
                                             old_descriptor.access() & 0xFFu & ~unsigned{kBusyBit}))
    return false;
  if (how == TaskSwitch::call && !write_system(d.base(), old.selector)) return false;
  if (how != TaskSwitch::interrupt_return &&
      !set_access(selector, d, (d.access() & 0xFFu) | kBusyBit))
    return false;

  // The new one: from here on it is to blame.
  system.tr = {selector, d.base(), d.limit(), static_cast<std::uint16_t>(d.access() | kBusyBit)};
  system.cr0 |= kCr0Ts;
  system.dr[7] &= ~std::uint32_t{kDr7Local};
  debug_registers_changed();
  if (wide && paging()) {
    system.cr3 = cell(bytes, kCr3At, 4);
    flush_translations();
  }
  unsigned at = l.eip;
  const auto take = [&] {
    const std::uint32_t value = cell(bytes, at, l.size);
    at += l.size;
    return value;
  };
  eip = take();
  image = take();
  for (unsigned n = 0; n < 8; ++n) general[n] = wide ? take() : take() | 0xFFFF0000;
  std::array<std::uint16_t, 6> selectors{};
  for (unsigned n = 0; n < l.selector_count; ++n) {
    selectors[n] = static_cast<std::uint16_t>(cell(bytes, l.selectors + n * l.size, l.size));
  }
  if (how == TaskSwitch::call) image |= kNt;
  if (!wide) image &= 0xFFFF;
  set_eflags(image);
  resume_set = true;
  const auto ldt = static_cast<std::uint16_t>(cell(bytes, l.ldt, l.size));
  const bool loaded = load_task(ldt, selectors);
  if (wide && (bytes[kTrapAt] & 1) != 0) {
    debug_hits_ |= kDr6TaskSwitch;
    raise_event(kEventDebug);
  }
  refusal_.in_new_task = !loaded;
  return loaded;
}

// LDT and segment registers of the new task, in the manual's order.
bool Core::load_task(std::uint16_t ldt, const std::array<std::uint16_t, 6>& selectors) {
  const auto invalid = [&](std::uint16_t selector) {
    return refuse(kInvalidTaskState, selector_error(selector));
  };
  // Until a segment has been checked it cannot be used. While there is no stack the level is 3, so
  // that the handler of a fault gets one from the new TSS.
  const unsigned level = requested_level(selectors[kCs]);
  constexpr std::uint16_t kOutermost = 3 << 5;
  for (unsigned n = 0; n < 6; ++n) {
    set_segment(n, {selectors[n], 0, 0, n == kSs ? kOutermost : std::uint16_t{0}});
  }
  system.ldtr = {ldt, 0, 0, 0};
  Descriptor d;
  if (!is_null(ldt)) {
    if (is_local(ldt)) return invalid(ldt);
    if (!fetch_descriptor(ldt, d, kInvalidTaskState)) return false;
    if (d.system_type() != kLdt || !d.present()) return invalid(ldt);
    system.ldtr = {ldt, d.base(), d.limit(), d.access()};
  }
  if (in_v86_mode()) {
    for (unsigned n = 0; n < 6; ++n) load_real_segment(n, selectors[n]);
    return eip < code_end || refuse(kGeneralProtection);
  }

  const std::uint16_t code = selectors[kCs];
  if (is_null(code)) return invalid(code);
  if (!fetch_descriptor(code, d, kInvalidTaskState)) return false;
  if (!d.is_code()) return invalid(code);
  if (d.is_conforming() ? d.dpl() > level : d.dpl() != level) return invalid(code);
  if (!d.present()) return refuse(kSegmentNotPresent, selector_error(code));
  if (!mark_accessed(code, d)) return false;
  set_cache(kCs, code, d);

  const std::uint16_t stack = selectors[kSs];
  if (!check_stack_segment(stack, level, kInvalidTaskState, d)) return false;
  if (!mark_accessed(stack, d)) return false;
  set_cache(kSs, stack, d);

  for (const unsigned n : {kDs, kEs, kFs, kGs}) {
    const std::uint16_t selector = selectors[n];
    if (is_null(selector)) continue;
    if (!check_data_segment(selector, d, kInvalidTaskState)) return false;
    if (!mark_accessed(selector, d)) return false;
    set_cache(n, selector, d);
  }
  return eip < code_end || refuse(kGeneralProtection);
}

// The task that a gate or the back link of a TSS names. `vector` is what a wrong selector raises.
bool Core::task_by_selector(std::uint16_t selector, TaskSwitch how, std::uint32_t return_eip,
                            std::uint8_t vector, std::uint16_t external) {
  const std::uint16_t error = selector_error(selector, external);
  if (is_local(selector) || is_null(selector)) return refuse(vector, error);
  Descriptor d;
  if (!fetch_descriptor(selector, d, vector, external)) return false;
  const bool wants_busy = how == TaskSwitch::interrupt_return;
  if (!(wants_busy ? d.is_busy_tss() : d.is_free_tss()) || !known_type(d.system_type()))
    return refuse(vector, error);
  if (!d.present()) return refuse(kSegmentNotPresent, error);
  return switch_task(selector, d, how, return_eip, external);
}

// SS and SP of the present task for an inner level.
bool Core::inner_stack(unsigned level, StackFrame& frame, std::uint16_t& selector, Descriptor& d,
                       std::uint16_t external) {
  const Registers::Segment& tss = system.tr;
  const bool wide = is_wide(tss);
  const unsigned size = wide ? 4 : 2;
  const std::uint32_t at = (wide ? 4u : 2u) + level * 2 * size;
  if (at + size + 1 > tss.limit)
    return refuse(kInvalidTaskState, selector_error(tss.selector, external));
  std::uint16_t pointer16;
  if (wide) {
    if (!read_system(tss.base + at, frame.pointer)) return false;
  } else {
    if (!read_system(tss.base + at, pointer16)) return false;
    frame.pointer = pointer16;
  }
  if (!read_system(tss.base + at + size, selector)) return false;
  if (!check_stack_segment(selector, level, kInvalidTaskState, d, external)) return false;
  frame.stack.base = d.base();
  frame.stack.limit = d.limit();
  frame.stack.access = d.access();
  frame.user = level == 3;
  return true;
}

// By the bitmap: all bits of the ports touched are clear. The 286 has none.
bool Core::port_permitted(Insn* i, std::uint16_t port, unsigned size) {
  const auto permitted = [&] {
    const Registers::Segment& tss = system.tr;
    const bool has_bitmap = is_wide(tss) && at_least(Model::i80386) && tss.limit > kBitmapAt;
    if (!has_bitmap) return refuse(kGeneralProtection);
    std::uint16_t offset;
    std::uint16_t bits;
    if (!read_system(tss.base + kBitmapAt, offset)) return false;
    const std::uint32_t at = std::uint32_t{offset} + port / 8;
    if (at + 1 > tss.limit) return refuse(kGeneralProtection);
    if (!read_system(tss.base + at, bits)) return false;
    const unsigned mask = ((1u << size) - 1) << port % 8;
    return (bits & mask) == 0 || refuse(kGeneralProtection);
  };
  if (permitted()) return true;
  refused(i);
  return false;
}

// The end of a far transfer that went into another task, or tried to.
Insn* Core::after_task_switch(Insn* i, bool switched) {
  if (switched) {
    remaining += i->left;
    return nullptr;
  }
  if (!refusal_.in_new_task) return refused(i);
  pending_ = {refusal_.vector, Cause::exception, refusal_.error_code, eip, refusal_.address};
  raise_event(kEventFault);
  remaining += i->left;
  return nullptr;
}

}  // namespace cpu
