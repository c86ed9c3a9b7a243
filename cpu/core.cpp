// The loop, events and budget, and the slow paths to memory.
#include "cpu/core.h"

#include <algorithm>
#include <utility>

#include "cpu/fused_pairs.h"
#include "cpu/ops.h"

namespace cpu {

namespace {

constexpr std::int64_t kParked = std::int64_t{1} << 48;  // more than any budget
constexpr std::uint64_t kLargestBudget = std::uint64_t{1} << 40;

constexpr std::uint32_t address_pins(Model model) {
  switch (model) {
    case Model::i8086:
    case Model::i80186:
      return 0xFFFFF;
    case Model::i80286:
      return 0xFFFFFF;
    case Model::i80386:
    case Model::i80486:
    case Model::pentium:
      break;
  }
  return 0xFFFFFFFF;
}

// Stands behind the last instruction of a run.
Insn* run_end(Core& c, Insn* i) {
  return c.fall_through(i);
}

// Stands in place of an instruction that is not to be executed now.
Insn* leave_before(Core& c, Insn* i) {
  c.eip = c.start_of(i) & c.ip_mask;
  c.remaining += static_cast<std::uint8_t>(i->left + 1);
  return nullptr;
}

Insn end_mark(std::uint16_t offset) {
  Insn mark;
  mark.handler = run_end;
  mark.next = offset;
  mark.left = 0xFF;  // so that "it and what follows" is nothing
  return mark;
}

}  // namespace

Core::Core(Model cpu_model, Memory& cpu_memory, Bus& cpu_bus, Engine cpu_engine, Fpu unit)
    : ram_begin(reinterpret_cast<std::uintptr_t>(cpu_memory.ram().data())),
      fpu(unit),
      model(cpu_model),
      engine(cpu_engine),
      memory(cpu_memory),
      bus(cpu_bus),
      decoder_(cpu_model, unit) {
  memory.set_observer(this);
  recent_.fill(kNoRun);
  ip_mask = at_least(Model::i80386) ? 0xFFFFFFFF : 0xFFFF;
  mapping_changed();
  power_up();
}

Core::~Core() {
  traces_.clear(memory);
  memory.set_observer(nullptr);
}

// --- state ---

Registers Core::registers() const {
  Registers r = system;
  for (std::size_t n = 0; n < r.general.size(); ++n) r.general[n] = general[n];
  for (unsigned n = 0; n < r.segments.size(); ++n) r.segments[n] = segment(n);
  r.eip = eip;
  r.eflags = eflags();
  r.activity = activity;
  r.interrupt_shadow = (events & kEventShadow) != 0;
  r.nmi_pending = nmi_pending;
  r.nmi_blocked = nmi_blocked;
  return r;
}

void Core::set_registers(const Registers& r) {
  system = r;
  for (std::size_t n = 0; n < r.general.size(); ++n) general[n] = r.general[n];
  for (unsigned n = 0; n < r.segments.size(); ++n) set_segment(n, r.segments[n]);
  eip = r.eip & ip_mask;
  nmi_pending = r.nmi_pending;
  nmi_blocked = r.nmi_blocked;
  events = 0;
  debug_hits_ = 0;
  set_eflags(r.eflags);
  update_mode();
  update_ends();
  flush_translations();
  set_activity(r.activity);
  if (r.interrupt_shadow) raise_event(kEventShadow);
  if (r.nmi_pending && !r.nmi_blocked) raise_event(kEventNmi);
}

std::uint32_t Core::signature() const {
  if (at_least(Model::pentium)) return 0x0525;       // P54C
  return at_least(Model::i80486) ? 0x0480 : 0x0308;  // DX4; 386 D1
}

// [386] 10.1; the 286 and 386 start with a CS base that no selector gives: the top of the address
// space.
void Core::reset() {
  power_up();
  system.time_stamp_base = 0 - bus.time_stamp();
  if (std::exchange(fpu.error_signalled, false)) bus.coprocessor_error(false);
}

// Without a word to the board, which may not be complete yet.
void Core::power_up() {
  Registers r;
  r.dr[6] = at_least(Model::i80386) ? 0xFFFF0FF0 : 0;
  r.dr[7] = at_least(Model::i80486) ? 0x400 : 0;
  for (Registers::Segment& segment : r.segments) segment.access = kAccessRealData;
  Registers::Segment& code = r.segments[kCs];
  code.selector = 0xF000;
  r.eip = 0xFFF0;
  switch (model) {
    case Model::i8086:
    case Model::i80186:
      code.selector = 0xFFFF;
      code.base = 0xFFFF0;
      r.eip = 0;
      break;
    case Model::i80286:
      code.base = 0xFF0000;
      break;
    case Model::i80386:
    case Model::i80486:
    case Model::pentium:
      code.base = 0xFFFF0000;
      r.general[kEdx] = signature();
      if (at_least(Model::i80486)) r.cr0 = kCr0Cd | kCr0Nw | kCr0Et;
      break;
  }
  set_registers(r);
  fpu.reset();
}

// --- events and budget ---

void Core::park() {
  reserve_ += remaining + kParked;
  remaining = -kParked;
}

void Core::unpark() {
  remaining += reserve_;
  reserve_ = 0;
}

void Core::raise_event(Event event) {
  events |= event;
  if (executing_) park();
}

std::uint64_t Core::instructions() const {
  const std::int64_t unused = remaining + reserve_ + (executing_ ? current->left + 1 : 0);
  return end_count_ - static_cast<std::uint64_t>(unused);
}

std::uint64_t Core::run(std::uint64_t budget) {
  const std::uint64_t before = instructions();
  end_count_ = before + std::min(budget, kLargestBudget);
  remaining = static_cast<std::int64_t>(end_count_ - before);
  events &= ~std::uint32_t{kEventExit};
  while (remaining > 0) {
    if (events != 0) {
      if (!service_events()) break;
    } else if (engine == Engine::step) {
      step_one();
    } else {
      run_cached();
    }
  }
  end_count_ -= static_cast<std::uint64_t>(remaining);
  remaining = 0;
  return end_count_ - before;
}

// What happens between two instructions; false: leave run().
bool Core::service_events() {
  events &= ~std::uint32_t{kEventBreak};
  if ((events & kEventExit) != 0) {
    events &= ~std::uint32_t{kEventExit};
    return false;
  }
  if ((events & kEventIdle) != 0) {
    if (activity == Activity::shutdown || (events & (kEventInterrupt | kEventNmi)) == 0)
      return false;
    set_activity(Activity::running);
  }
  if ((events & kEventDebug) != 0) {
    deliver_debug_trap();
  } else if ((events & kEventShadow) != 0) {
    events &= ~std::uint32_t{kEventShadow};
    if ((events & kEventTrap) != 0) {
      step_traced();
    } else {
      run_shadowed();
    }
  } else if ((events & kEventNmi) != 0) {
    nmi_pending = false;
    nmi_blocked = at_least(Model::i80286);
    events &= ~std::uint32_t{kEventNmi};
    deliver({kNmiVector, Cause::external, 0, eip, 0});
  } else if ((events & kEventInterrupt) != 0) {
    deliver({bus.acknowledge_interrupt(), Cause::external, 0, eip, 0});
  } else if ((events & kEventTrap) != 0) {
    step_traced();
  }
  return true;
}

void Core::set_system_flag(FlagBit bit, bool value) {
  system_flags = value ? system_flags | bit : system_flags & ~std::uint32_t{bit};
  update_flag_events();
}

void Core::set_eflags(std::uint32_t value) {
  std::uint32_t present = kTf | kIf | kDf;
  if (at_least(Model::i80386)) present |= kIopl | kNt | kRf | kVm;
  if (at_least(Model::i80486)) present |= kAc | kId;
  if (model == Model::i80286 && protected_) present |= kIopl | kNt;
  const std::uint32_t changed = (system_flags ^ value) & present;
  flags.set(value);
  system_flags = value & present;
  if ((changed & (kVm | kAc)) != 0) update_mode();
  update_flag_events();
}

void Core::update_flag_events() {
  events &= ~std::uint32_t{kEventTrap | kEventInterrupt};
  if (flag(kTf) || flag(kRf) || debugging()) raise_event(kEventTrap);
  if (flag(kIf) && intr_pin) raise_event(kEventInterrupt);
}

// --- running ---

void Core::execute(Insn* first) {
  executing_ = true;
  current = first;
  for (Insn* i = first; i != nullptr;) i = i->handler(*this, i);
  executing_ = false;
  unpatch();
  unpark();
  if ((events & kEventFault) != 0) deliver_pending();
}

void Core::deliver_pending() {
  events &= ~std::uint32_t{kEventFault};
  deliver(pending_);
}

Insn* Core::fault(Insn* i, std::uint8_t vector, std::uint16_t error_code) {
  pending_ = {vector, Cause::exception, error_code, start_of(i), 0};
  raise_event(kEventFault);
  return stop_at(i);
}

Insn* Core::refused(Insn* i) {
  fault(i, refusal_.vector, refusal_.error_code);
  pending_.address = refusal_.address;
  return nullptr;
}

Insn* Core::software_interrupt(Insn* i, std::uint8_t vector) {
  const Cause cause = vector == kDebug ? Cause::exception : Cause::software;
  pending_ = {vector, cause, 0, start_of(i), 0};
  raise_event(kEventFault);
  return stop_after(i);
}

// Makes the run being executed end before instruction i. A wish from before is never for an earlier
// one: what it names has not been reached, or is in a run that was left by a jump and is too long
// to be entered again.
void Core::break_before(Insn* i) {
  if (patched_ == i) return;
  unpatch();
  patched_ = i;
  patched_handler_ = i->handler;
  i->handler = leave_before;
}

void Core::unpatch() {
  if (patched_ == nullptr) return;
  patched_->handler = patched_handler_;
  patched_ = nullptr;
}

void Core::run_cached() {
  Run* run = find_run();
  if (run == nullptr || eip + std::uint64_t{run->bytes} > code_end) {
    step_one();
    return;
  }
  note_run(segments[kCs].base + eip);
  if (run->count > remaining) {
    // The budget ends inside. Not inside a fused handler: what of it fits is left for single steps.
    std::int64_t stop = remaining;
    for (std::int64_t n = stop - 1; n >= 0 && n >= stop - 2; --n) {
      if (n + run->insns[n].fused >= stop) stop = n;
    }
    if (stop == 0) {
      step_one();
      return;
    }
    break_before(run->insns + stop);
  }
  remaining -= run->count;
  execute(run->insns);
}

// The one instruction that an interrupt shadow covers, untraced: decoded already, mostly, for STI
// stands where programs wait.
void Core::run_shadowed() {
  Run* run = engine == Engine::cached ? find_run() : nullptr;
  if (run == nullptr || run->insns->fused != 0 || eip + std::uint64_t{run->bytes} > code_end) {
    step_one();
    return;
  }
  note_run(segments[kCs].base + eip);
  if (run->count > 1) break_before(run->insns + 1);
  remaining -= run->count;
  park();  // so that a jump ends it, too
  execute(run->insns);
}

// The run at CS:EIP, decoded if need be; null: only single steps here.
Run* Core::find_run() {
  if (eip >= code_end) return nullptr;
  const std::uint64_t key = jump_base + eip;
  const JumpEntry& entry = jump_cache[key];
  if (entry.key == key && entry.run->count != Run::kNeverFits) return entry.run;
  return look_for_run(key);
}

// What the jump cache does not know. Apart, so that what it knows costs no stack frame.
[[gnu::noinline]] Run* Core::look_for_run(std::uint64_t key) {
  const std::uint32_t linear = segments[kCs].base + eip;
  const TlbEntry* place = find_page(read_tlb, linear, false);
  if (place == nullptr || place->is(TlbEntry::kSpecial)) return nullptr;
  const std::uint32_t physical = place->physical + linear % kPageSize;
  Run* run = traces_.find(physical, code_kind());
  if (run == nullptr) run = build_run(memory.page(physical), physical);
  if (run != nullptr) jump_cache[key] = {key, run};
  return run;
}

// Flags are not stored where an instruction behind overwrites them and the run cannot be left, nor
// anything fault, in between.
void Core::leave_dead_flags(std::span<Insn> insns, std::span<const FlagNeed> needs) {
  bool dead = false;  // behind the instruction looked at
  for (std::size_t n = insns.size(); n-- > 0;) {
    Insn& insn = insns[n];
    const bool quiet = dead && insn.fused == 0 && needs[n].quiet != nullptr;
    if (quiet) insn.handler = needs[n].quiet;
    const bool passes = quiet || needs[n].flags == FlagUse::keeps;
    if (dead && passes) insn.fused = std::max<std::uint8_t>(insn.fused, 1);
    dead = needs[n].flags == FlagUse::sets || (dead && passes);
  }
}

// A jump to where the run goes on.
Insn* Core::go_on_at_target(Core& c, Insn* i) {
  c.note_run(c.segments[kCs].base + c.eip + i->immediate);
  return c.next(i);
}

// Whether a run goes on where an unconditional jump leads, the `count`th instruction of it:
// forward, if not far (what lies between counts as its code), and back into itself, which unrolls a
// loop until the run is half full. Not a jump to itself, which only waits, nor one to the next
// instruction: it stands behind a store into the code that follows.
bool Core::worth_following(const Insn& jump, std::size_t count, std::uint32_t bytes) {
  constexpr std::uint32_t kFar = 128;
  const std::uint32_t target = jump.immediate;
  if (target + jump.length == jump.next || target == jump.next) return false;
  return target < bytes ? count < TraceCache::kMaxInsns / 2 : target < bytes + kFar;
}

Run* Core::build_run(Page& page, std::uint32_t physical) {
  if (!traces_.worth_caching(physical)) return nullptr;
  Insn* insns = traces_.reserve();
  if (insns == nullptr) {
    traces_.clear(memory);
    jump_cache.flush();
    insns = traces_.reserve();
  }
  const std::span<const std::uint8_t> code(page.data + physical % kPageSize,
                                           kPageSize - physical % kPageSize);
  const CodeKind kind = code_kind();
  std::size_t count = 0;
  std::uint32_t bytes = 0;  // up to the farthest instruction
  std::uint32_t at = 0;
  Insn* followed = nullptr;  // a jump to what comes next
  std::array<FlagNeed, TraceCache::kMaxInsns> needs{};
  while (count < TraceCache::kMaxInsns && at < code.size()) {
    Insn& insn = insns[count];
    const Decoded decoded = decoder_.decode(code.subspan(at), kind, insn);
    if (decoded.status != DecodeStatus::ok) break;
    if (followed != nullptr) followed->handler = go_on_at_target;
    followed = nullptr;
    at += insn.length;
    bytes = std::max(bytes, at);
    insn.next = static_cast<std::uint16_t>(at);
    if (decoded.is_relative) insn.immediate += at;
    needs[count] = {decoded.flags, decoded.quiet};
    ++count;
    if (decoded.is_jcc) fuse({insns, count}, kind);
    if (decoded.is_jmp && worth_following(insn, count, bytes)) {
      followed = &insn;
      at = insn.immediate;
    } else if (decoded.ends_run) {
      break;
    }
  }
  if (count == 0) return nullptr;
  leave_dead_flags({insns, count}, needs);
  for (std::size_t n = 0; n < count; ++n) insns[n].left = static_cast<std::uint8_t>(count - 1 - n);
  insns[count] = end_mark(static_cast<std::uint16_t>(at));
  if (page.code_lines == 0) write_tlb.mark_code(physical);
  return traces_.commit(insns, count, bytes, physical, kind, page);
}

// Decodes and executes one instruction (of a REP: one element) without the cache.
void Core::step_one() {
  note_run(segments[kCs].base + eip);
  remaining -= 1;
  // The next page is touched only by an instruction that reaches into it.
  Decoded decoded = decoder_.decode(fetch(false), code_kind(), single_[0]);
  if (decoded.status == DecodeStatus::truncated) {
    decoded = decoder_.decode(fetch(true), code_kind(), single_[0]);
  }
  if (decoded.status == DecodeStatus::too_long && !at_least(Model::i80286)) {
    eip = (eip + 1) & ip_mask;  // a prefix among too many
    return;
  }
  if (decoded.status != DecodeStatus::ok) {
    if (fetch_faulted_ && decoded.status == DecodeStatus::truncated) {
      deliver({kPageFault, Cause::exception, refusal_.error_code, eip, refusal_.address});
    } else {
      deliver({kGeneralProtection, Cause::exception, 0, eip, 0});
    }
    return;
  }
  single_[0].next = single_[0].length;
  if (decoded.is_relative) single_[0].immediate += single_[0].length;
  single_[1] = end_mark(single_[0].length);
  park();
  execute(single_.data());
}

// Up to one instruction's bytes at CS:EIP; fewer where the segment ends, and the page unless they
// may lie across its end. The view lasts until the next fetch or store.
std::span<const std::uint8_t> Core::fetch(bool across) {
  const std::uint32_t base = segments[kCs].base;
  const std::uint32_t in_page = kPageSize - (base + eip) % kPageSize;
  const std::size_t wanted =
      across ? fetched_.size() : std::min<std::size_t>(fetched_.size(), in_page);
  fetch_faulted_ = false;
  if (in_page >= fetched_.size() && eip + std::uint64_t{fetched_.size()} <= code_end) {
    if (const std::uint8_t* host = plain_read(base + eip)) return {host, fetched_.size()};
  }
  std::size_t count = 0;
  for (; count < wanted; ++count) {
    const std::uint64_t offset = std::uint64_t{eip} + count;
    if (offset >= code_end && at_least(Model::i80386)) break;
    const std::uint32_t linear = base + (static_cast<std::uint32_t>(offset) & ip_mask);
    if (paging() && (count == 0 || linear % kPageSize == 0) &&
        find_page(read_tlb, linear, false) == nullptr) {
      fetch_faulted_ = true;
      break;
    }
    fetched_[count] = read_byte(linear);
  }
  return {fetched_.data(), count};
}

Insn* Core::jump_slow(Insn* i, std::uint32_t target) {
  if (target >= code_end) return fault(i, kGeneralProtection);
  return stop(i, target);
}

// Finds the run that a relative jump leads to and, within a page, remembers it.
template <class T>
Insn* Core::jump_unlinked(Insn* i) {
  const std::uint32_t uncut = eip + i->immediate;
  const std::uint32_t target = static_cast<T>(uncut);
  Run* run = linked_run(target, remaining + i->left);
  if (run == nullptr) return jump_slow(i, target);
  const std::uint32_t base = segments[kCs].base;
  if (uncut == target && ((base + target) ^ (base + eip)) < kPageSize) traces_.link(i, run);
  remaining += i->left;
  return enter_run(run, target);
}
template Insn* Core::jump_unlinked<std::uint16_t>(Insn*);
template Insn* Core::jump_unlinked<std::uint32_t>(Insn*);

// --- memory ---

void Core::mapping_changed() {
  address_mask_ = address_pins(model) & (memory.a20() ? 0xFFFFFFFF : ~(1u << 20));
  flush_translations();
  raise_event(kEventBreak);
}

void Core::code_written(std::uint32_t address, std::uint32_t size) {
  if (traces_.invalidate(memory.page(address), address, size)) raise_event(kEventBreak);
}

// The segment's side of an access, where the fast path's compare failed. [386] 6.3.1
bool Core::segment_allows(Insn* i, unsigned segment, std::uint32_t offset, unsigned size,
                          bool writing) {
  const SegmentCache& cache = segments[segment];
  if (!protected_) {
    if (offset + std::uint64_t{size} <= std::uint64_t{cache.limit} + 1 || !at_least(Model::i80286))
      return true;
    // The 286 in real mode has one vector for both. [286] 5.3: interrupt 13, segment overrun
    const bool stack = segment == kSs && at_least(Model::i80386);
    fault(i, stack ? kStackFault : kGeneralProtection);
    return false;
  }
  if (writing ? !cache.writable() : !cache.readable()) {
    fault(i, kGeneralProtection);
    return false;
  }
  if (!cache.reaches(offset, size)) {
    fault(i, segment == kSs ? kStackFault : kGeneralProtection);
    return false;
  }
  return true;
}

// The pages' side.
bool Core::pages_allow(Insn* i, unsigned segment, std::uint32_t offset, unsigned size,
                       bool writing) {
  const std::uint32_t linear = segments[segment].base + offset;
  if (alignment_checked_ && size <= 8 && linear % size != 0) {
    fault(i, kAlignmentCheck);
    return false;
  }
  if (!paging() || probe_linear(linear, size, writing, cpl == 3)) return true;
  refused(i);
  return false;
}

bool Core::check_write(Insn* i, unsigned segment, std::uint32_t offset, unsigned size) {
  return segment_allows(i, segment, offset, size, true) &&
         pages_allow(i, segment, offset, size, true);
}

bool Core::check_read(Insn* i, unsigned segment, std::uint32_t offset, unsigned size) {
  return segment_allows(i, segment, offset, size, false) &&
         pages_allow(i, segment, offset, size, false);
}

// The 8086 wraps inside the segment, the 186 runs one byte beyond it. [186] 80186 User's Manual,
// differences from the 8086
std::uint32_t Core::linear_of_byte(unsigned segment, std::uint32_t offset) const {
  return segments[segment].base + (model == Model::i8086 ? offset & 0xFFFF : offset);
}

std::uint8_t Core::read_physical_byte(std::uint32_t physical) {
  const Page& page = memory.page(physical);
  if (page.data != nullptr) return page.data[physical % kPageSize];
  return page.device != nullptr ? page.device->read8(physical) : 0xFF;
}

void Core::write_physical_byte(std::uint32_t physical, std::uint8_t value) {
  Page& page = memory.page(physical);
  if (page.data != nullptr) {
    if (!page.writable) return;
    if ((page.code_lines & line_mask(physical, 1)) != 0) code_written(physical, 1);
    page.written = true;
    page.data[physical % kPageSize] = value;
  } else if (page.device != nullptr) {
    page.device->write8(physical, value);
  }
}

// Up to four bytes of the host's memory.
Core::SlowValue Core::load(std::uintptr_t host, unsigned size) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(host);
  std::uint32_t value = 0;
  switch (size) {
    case 1:
      return *bytes;
    case 2:
      std::memcpy(&value, bytes, 2);
      return value;
    default:
      std::memcpy(&value, bytes, 4);
      return value;
  }
}

void Core::store(std::uintptr_t host, unsigned size, std::uint32_t value) {
  auto* bytes = reinterpret_cast<std::uint8_t*>(host);
  switch (size) {
    case 1:
      *bytes = static_cast<std::uint8_t>(value);
      return;
    case 2:
      std::memcpy(bytes, &value, 2);
      return;
    default:
      std::memcpy(bytes, &value, 4);
  }
}

// Bytes of pages that were looked at before: nothing faults any more.
std::uint8_t Core::read_byte(std::uint32_t linear) {
  const TlbEntry* entry = find_page(read_tlb, linear, false);
  return entry != nullptr ? read_physical_byte(entry->physical + linear % kPageSize) : 0xFF;
}

void Core::write_byte(std::uint32_t linear, std::uint8_t value) {
  const TlbEntry* entry = find_page(write_tlb, linear, true);
  if (entry != nullptr) write_physical_byte(entry->physical + linear % kPageSize, value);
}

// What crosses the end of a segment without a fault goes byte by byte: it may wrap.
bool Core::in_one_piece(unsigned segment, std::uint32_t offset, unsigned size) const {
  const bool inside = offset + std::uint64_t{size} <= std::uint64_t{segments[segment].limit} + 1;
  const std::uint32_t linear = segments[segment].base + offset;
  return (inside || protected_) && linear % kPageSize + size <= kPageSize;
}

Core::SlowValue Core::read_slow(Insn* i, unsigned segment, std::uint32_t offset, unsigned size) {
  if (!check_read(i, segment, offset, size)) return kFaulted;
  const std::uint32_t linear = segments[segment].base + offset;
  if (debugging()) watch(linear, size, false);
  callback_begins(i);
  SlowValue value = 0;
  const TlbEntry* plain =
      in_one_piece(segment, offset, size) ? find_page(read_tlb, linear, false) : nullptr;
  if (plain != nullptr && !plain->is(TlbEntry::kSpecial)) {
    value = load(plain->addend + linear, size);
    if (access_watch_ == nullptr) return value;
  } else {
    for (unsigned n = 0; n < size; ++n) {
      value |= SlowValue{read_byte(linear_of_byte(segment, offset + n))} << (8 * n);
    }
  }
  const auto word = static_cast<std::uint32_t>(value);
  show_access(segment, offset, size, {false, false, word, word});
  callback_ends(i);
  return value;
}

Core::SlowValue Core::read_to_modify(Insn* i, unsigned segment, std::uint32_t offset,
                                     unsigned size) {
  if (!check_write(i, segment, offset, size)) return kFaulted;
  return read_slow(i, segment, offset, size);
}

bool Core::write_slow(Insn* i, unsigned segment, std::uint32_t offset, unsigned size,
                      std::uint32_t value) {
  if (!check_write(i, segment, offset, size)) return false;
  const std::uint32_t linear = segments[segment].base + offset;
  if (debugging()) watch(linear, size, true);
  callback_begins(i);
  const std::uint32_t before = bytes_before(segment, offset, size);
  TlbEntry* plain =
      in_one_piece(segment, offset, size) ? find_page(write_tlb, linear, true) : nullptr;
  if (plain != nullptr && !plain->is(TlbEntry::kSpecial)) {
    store_code_page(*plain, linear, size, value);
  } else {
    for (unsigned n = 0; n < size; ++n) {
      write_byte(linear_of_byte(segment, offset + n), static_cast<std::uint8_t>(value >> (8 * n)));
    }
  }
  show_access(segment, offset, size, {true, false, before, value});
  callback_ends(i);
  return true;
}

// Host address for a store into a page with decoded code, but beside it; null for everything else.
void* Core::beside_code(unsigned segment, std::uint32_t offset, unsigned size) {
  const std::uint32_t linear = segments[segment].base + offset;
  if (offset + std::uint64_t{size} > segments[segment].write_end) return nullptr;
  const TlbEntry& entry = write_tlb[linear];
  const std::uint32_t page_of_last = (linear + size - 1) & kPageMask;
  if ((entry.tag & ~TlbEntry::kElsewhere) != (page_of_last | TlbEntry::kCode)) return nullptr;
  if ((memory.page(entry.physical).code_lines & line_mask(linear, size)) != 0) return nullptr;
  return reinterpret_cast<void*>(entry.addend + linear);
}

// A store into a page with decoded code, or one that had some.
void Core::store_code_page(TlbEntry& entry, std::uint32_t linear, unsigned size,
                           std::uint32_t value) {
  const std::uint32_t physical = entry.physical + linear % kPageSize;
  const Page& page = memory.page(physical);
  if ((page.code_lines & line_mask(physical, size)) != 0) code_written(physical, size);
  store(entry.addend + linear, size, value);
  if (page.code_lines == 0) entry.tag &= ~std::uint32_t{TlbEntry::kCode};
}

std::uint8_t* Core::plain_read(std::uint32_t linear) {
  const TlbEntry* entry = find_page(read_tlb, linear, false);
  if (entry == nullptr || entry->is(TlbEntry::kSpecial | TlbEntry::kWatched)) return nullptr;
  return reinterpret_cast<std::uint8_t*>(entry->addend + linear);
}

// `size` is cut to what can be stored before the next decoded code.
std::uint8_t* Core::plain_write(std::uint32_t linear, std::uint32_t& size) {
  const TlbEntry* entry = find_page(write_tlb, linear, true);
  if (entry == nullptr || entry->is(TlbEntry::kSpecial | TlbEntry::kWatched)) return nullptr;
  if (entry->is(TlbEntry::kCode)) {
    const std::uint64_t lines = memory.page(entry->physical).code_lines;
    std::uint32_t end = linear % kPageSize;
    while (end < kPageSize && (lines & line_mask(end, 1)) == 0)
      end = (end / kLineSize + 1) * kLineSize;
    size = std::min(size, end - linear % kPageSize);
  }
  return reinterpret_cast<std::uint8_t*>(entry->addend + linear);
}

void Core::begin_repeat(const Insn* i) {
  current = i;
  const std::uint32_t linear = segments[kCs].base + start_of(i);
  if (instructions() == repeat_.paused_at && linear == repeat_.linear) return;
  repeat_.before = flags;
  repeat_.linear = linear;
}

void Core::pause_repeat() {
  repeat_.paused_at = instructions() + 1;
}

std::span<const std::uint32_t> Core::recent_runs() const {
  std::size_t known = 0;
  while (known < kRecent && recent_[(recent_next_ - known - 1) % recent_.size()] != kNoRun) ++known;
  for (std::size_t n = 0; n < known; ++n) {
    recent_ordered_[n] = recent_[(recent_next_ - known + n) % recent_.size()];
  }
  return {recent_ordered_.data(), known};
}

}  // namespace cpu
