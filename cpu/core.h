// The engine's inside: architectural state, the one checked way to memory, and how control moves
// between instructions, runs and the loop. Handlers (ops_*.cpp, strings.cpp) are functions over
// this class, so its data is public to them; the board sees only cpu.h.
//
// Control flow. While a run executes, `eip` is the address of its first instruction and every
// instruction knows its offset; the budget was charged for the whole run on entry. Whoever leaves a
// run early gives back what was not executed (Insn::left). An event (interrupt, exit request,
// changed code) parks the budget: no run fits into it any more, so chaining ends by the check it
// makes anyway; if it happened in the middle of a run, the next instruction is replaced by one that
// leaves.
//
// System operations (descriptor tables, gates, tasks, paging) report a fault as a Refusal and
// return false; the handler or the loop makes a fault of it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>

#include "cpu/alu.h"
#include "cpu/cpu.h"
#include "cpu/decode.h"
#include "cpu/descriptor.h"
#include "cpu/flags.h"
#include "cpu/insn.h"
#include "cpu/registers.h"
#include "cpu/tlb.h"
#include "cpu/trace_cache.h"
#include "cpu/x87_unit.h"

namespace cpu {

#ifdef PLATTER_TAIL_CHAIN
inline constexpr bool kTailChain =
    true;  // handlers jump to the next one: needs sibling calls, see CMakeLists
#else
inline constexpr bool kTailChain = false;
#endif

enum Event : std::uint32_t {
  kEventInterrupt = 1,  // INTR is up and IF set
  kEventNmi = 2,        // pending and not blocked
  kEventTrap = 4,       // TF
  kEventShadow = 8,     // the next instruction runs before any interrupt
  kEventIdle = 16,      // halted or shut down
  kEventFault = 32,     // an instruction ended in a fault or INT, still to be delivered
  kEventBreak = 64,     // return to the loop once: decoded code or translations changed
  kEventExit = 128,     // request_exit()
  kEventDebug = 256     // Core::debug_hits_ wants its trap
};

// What leads into a handler. An exception's error code has EXT set while it is delivered, the DPL
// of the gate counts for INT n, INT3 and INTO only.
enum class Cause : std::uint8_t { external, exception, software };

struct Interruption {
  std::uint8_t vector = 0;
  Cause cause = Cause::exception;
  std::uint16_t error_code = 0;
  std::uint32_t restart = 0;  // where to return when the delivery itself fails
  std::uint32_t address = 0;  // for CR2: linear address of a page fault
};

// Why a system operation did not happen.
struct Refusal {
  std::uint8_t vector = 0;
  std::uint16_t error_code = 0;
  // The task switch was past its point of no return: the fault belongs to the new task.
  bool in_new_task = false;
  std::uint32_t address = 0;  // linear, of a page fault
};

enum class TaskSwitch : std::uint8_t { jump, call, interrupt_return };

// A frame to be pushed, in pushing order: checked whole before the first store.
struct StackFrame {
  SegmentCache stack;
  std::uint32_t pointer = 0;  // before the first push
  unsigned size = 2;          // of a cell
  bool user = false;          // whether the new level is 3
  std::array<std::uint32_t, 40> cells{};
  unsigned count = 0;

  void push(std::uint32_t value) { cells[count++] = value; }
  std::uint32_t mask() const { return stack.big() ? 0xFFFFFFFF : 0xFFFF; }
  std::uint32_t end(unsigned n) const { return (pointer - (n + 1) * size) & mask(); }
  std::uint32_t pointer_after() const {
    return (pointer & ~mask()) | ((pointer - count * size) & mask());
  }
};

class Core final : public MemoryObserver {
 public:
  Core(Model model, Memory& memory, Bus& bus, Engine engine, Fpu unit);
  ~Core() override;
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // --- run control (core.cpp) ---
  void reset();
  std::uint64_t run(std::uint64_t budget);
  std::uint64_t instructions() const;
  void raise_event(Event event);
  void code_written(std::uint32_t address, std::uint32_t size) override;
  void mapping_changed() override;
  void stores_revoked() override { write_tlb.flush(); }
  std::uint32_t current_eip() const { return executing_ ? start_of(current) : eip; }
  void watch_accesses(AccessWatch* watch);
  std::span<const std::uint32_t> recent_runs() const;
  std::span<const Delivery> recent_exceptions() const;

  Registers registers() const;
  void set_registers(const Registers& r);
  bool at_least(Model wanted) const { return model >= wanted; }
  // Family, model and stepping: DX after RESET, EAX of CPUID 1.
  std::uint32_t signature() const;

  // --- registers ---
  template <class T>
  T get(std::uint8_t id) const {
    T value;
    if constexpr (sizeof(T) == 1) {
      value = reinterpret_cast<const std::uint8_t*>(general.data())[id];
    } else {
      std::memcpy(&value, &general[id], sizeof(T));
    }
    return value;
  }
  template <class T>
  void set(std::uint8_t id, T value) {
    if constexpr (sizeof(T) == 1) {
      std::uint32_t& whole = general[id / 4];
      if ((id & 1) == 0) {
        whole = (whole & 0xFFFFFF00) | value;
      } else {
        whole = (whole & 0xFFFF00FF) | static_cast<std::uint32_t>(value << 8);
      }
    } else {
      std::memcpy(&general[id], &value, sizeof(T));
    }
  }

  // EFLAGS as PUSHF sees it, and whole EFLAGS written with no privilege in the way (bits that the
  // model lacks are forced).
  std::uint32_t eflags() const { return flags.arithmetic() | system_flags | fixed_flags(); }
  void set_eflags(std::uint32_t value);
  bool flag(FlagBit bit) const { return (system_flags & bit) != 0; }
  void set_system_flag(FlagBit bit, bool value);
  std::uint32_t fixed_flags() const { return at_least(Model::i80286) ? 0x0002u : 0xF002u; }
  // PE set and VM clear: selectors mean descriptors.
  bool in_protected_mode() const { return protected_; }
  bool in_v86_mode() const { return flag(kVm); }
  bool checks_alignment() const { return alignment_checked_; }
  unsigned iopl() const { return system_flags >> 12 & 3; }
  // CLI, STI, and in V86 mode PUSHF, POPF, INT n, IRET too: the level is 3 there.
  bool io_sensitive_allowed() const { return cpl <= iopl(); }

  // --- memory as instructions see it ---
  // The fast forms do an access to plain memory inside the segment, or nothing at all and return
  // false: then the handler starts over in its slow form (ops.h). The full forms return false when
  // the access faulted; the handler returns null.
  template <class T>
  [[gnu::always_inline]] bool read_fast(unsigned segment, std::uint32_t offset, T& value) {
    const SegmentCache& cache = segments[segment];
    if (offset + std::uint64_t{sizeof(T)} > cache.read_end) [[unlikely]]
      return false;
    return read_flat(cache.base + offset, value);
  }
  template <class T>
  [[gnu::always_inline]] bool write_fast(unsigned segment, std::uint32_t offset, T value) {
    return modify_fast<T>(segment, offset, [value](T) { return value; });
  }
  template <class T, class Change>
  [[gnu::always_inline]] bool modify_fast(unsigned segment, std::uint32_t offset, Change change) {
    const SegmentCache& cache = segments[segment];
    if (offset + std::uint64_t{sizeof(T)} > cache.write_end) [[unlikely]]
      return false;
    return modify_flat<T>(cache.base + offset, change);
  }
  // The same in a segment of 64 KiB, by an offset of 16 bits.
  template <class T>
  [[gnu::always_inline]] bool read_real(unsigned segment, std::uint32_t offset, T& value) {
    if (offset > 0x10000 - sizeof(T)) [[unlikely]]
      return false;
    return read_flat(segments[segment].base + offset, value);
  }
  template <class T>
  [[gnu::always_inline]] bool write_real(unsigned segment, std::uint32_t offset, T value) {
    return modify_real<T>(segment, offset, [value](T) { return value; });
  }
  template <class T, class Change>
  [[gnu::always_inline]] bool modify_real(unsigned segment, std::uint32_t offset, Change change) {
    if (offset > 0x10000 - sizeof(T)) [[unlikely]]
      return false;
    return modify_flat<T>(segments[segment].base + offset, change);
  }
  // The same without a segment.
  template <class T>
  [[gnu::always_inline]] bool read_flat(std::uint32_t linear, T& value) {
    std::uintptr_t host;
    if (!plain_address<T>(read_tlb, linear, host)) [[unlikely]]
      return false;
    std::memcpy(&value, reinterpret_cast<const void*>(host), sizeof(T));
    return true;
  }
  template <class T>
  [[gnu::always_inline]] bool write_flat(std::uint32_t linear, T value) {
    return modify_flat<T>(linear, [value](T) { return value; });
  }
  template <class T, class Change>
  [[gnu::always_inline]] bool modify_flat(std::uint32_t linear, Change change) {
    std::uintptr_t host;
    if (!plain_address<T>(write_tlb, linear, host)) [[unlikely]]
      return false;
    T value;
    std::memcpy(&value, reinterpret_cast<const void*>(host), sizeof(T));
    value = change(value);
    std::memcpy(reinterpret_cast<void*>(host), &value, sizeof(T));
    return true;
  }
  template <class T>
  [[gnu::always_inline]] bool plain_address(Tlb& tlb, std::uint32_t linear, std::uintptr_t& host) {
    const TlbEntry& entry = tlb[linear];
    const std::uint32_t page = (linear + std::uint32_t{sizeof(T) - 1}) & kPageMask;
    host = ram_begin + linear;
    if (page != entry.tag) [[unlikely]] {
      if ((page | TlbEntry::kElsewhere) != entry.tag) return false;
      host = entry.addend + linear;
    }
    return true;
  }
  template <class T>
  bool read(Insn* i, unsigned segment, std::uint32_t offset, T& value) {
    if (read_fast(segment, offset, value)) return true;
    const SlowValue slow = read_slow(i, segment, offset, sizeof(T));
    value = static_cast<T>(slow);
    return slow != kFaulted;
  }
  template <class T>
  bool write(Insn* i, unsigned segment, std::uint32_t offset, T value) {
    if (write_fast(segment, offset, value)) return true;
    if (void* host = beside_code(segment, offset, sizeof(T))) {
      std::memcpy(host, &value, sizeof(T));
      return true;
    }
    return write_slow(i, segment, offset, sizeof(T), value);
  }
  // operand = change(operand)
  template <class T, class Change>
  bool modify(Insn* i, unsigned segment, std::uint32_t offset, Change change) {
    if (void* host = beside_code(segment, offset, sizeof(T))) {
      T value;
      std::memcpy(&value, host, sizeof(T));
      value = change(value);
      std::memcpy(host, &value, sizeof(T));
      return true;
    }
    const SlowValue old = read_to_modify(i, segment, offset, sizeof(T));
    if (old == kFaulted) return false;
    return write_slow(i, segment, offset, sizeof(T), change(static_cast<T>(old)));
  }
  // Whether a store of `size` bytes would be allowed; faults otherwise.
  bool check_write(Insn* i, unsigned segment, std::uint32_t offset, unsigned size);
  bool check_read(Insn* i, unsigned segment, std::uint32_t offset, unsigned size);
  // Whether an IN or OUT may be done; faults otherwise.
  bool check_port(Insn* i, std::uint16_t port, unsigned size) {
    return ports_are_free() || port_permitted(i, port, size);
  }
  // No bitmap to ask.
  bool ports_are_free() const { return cpl <= iopl() && !in_v86_mode(); }

  // --- stack ---
  template <class T>
  bool push(Insn* i, T value) {
    const std::uint32_t top = (general[kEsp] - std::uint32_t{sizeof(T)}) & stack_mask;
    if (!write(i, kSs, top, value)) return false;
    set_stack_pointer(top);
    return true;
  }
  template <class T>
  bool pop(Insn* i, T& value) {
    if (!read(i, kSs, general[kEsp] & stack_mask, value)) return false;
    set_stack_pointer(general[kEsp] + std::uint32_t{sizeof(T)});
    return true;
  }
  // The part of ESP that the stack segment's size leaves alone stays.
  void set_stack_pointer(std::uint32_t value) {
    general[kEsp] = (general[kEsp] & ~stack_mask) | (value & stack_mask);
  }

  // --- control flow ---
  [[gnu::always_inline]] Insn* enter(Insn* i) {
    // One register and `jmp *(i)`, where g++ would keep address and target apart.
    if constexpr (kTailChain) asm("" : "+r"(i));
    return kTailChain ? i->handler(*this, i) : i;
  }
  [[gnu::always_inline]] Insn* next(Insn* i) { return enter(i + 1); }
  // After a callback: on, unless it raised an event.
  Insn* next_or_leave(Insn* i) { return events == 0 ? next(i) : stop_after(i); }
  // Whether the instruction behind i comes next without fail: neither does the run end here nor the
  // budget.
  bool next_is_sure(const Insn* i) const { return i->left != 0 && i + 1 != patched_; }
  std::uint32_t start_of(const Insn* i) const { return eip + i->next - i->length; }
  std::uint32_t end_of(const Insn* i) const { return (eip + i->next) & ip_mask; }
  Insn* stop_after(Insn* i) { return stop(i, end_of(i)); }
  Insn* stop_at(Insn* i) { return stop(i, start_of(i)); }
  Insn* stop(Insn* i, std::uint32_t new_eip) {
    remaining += i->left;
    eip = new_eip;
    return nullptr;
  }
  // Continues at `target`, which the caller has cut to the operand size; #GP if CS does not reach
  // it.
  [[gnu::always_inline]] Insn* jump(Insn* i, std::uint32_t target) {
    if (Run* run = linked_run(target, remaining + i->left)) [[likely]] {
      remaining += i->left;
      return enter_run(run, target);
    }
    return jump_slow(i, target);
  }
  // The same for a target given by the instruction, relative and cut to T. Where it lies in the
  // page of its run the instruction knows the run it leads to: under whatever CS:IP this code runs,
  // both lie in one page. What would be cut off fails the compare with the end.
  template <class T>
  [[gnu::always_inline]] Insn* jump_relative(Insn* i) {
    const std::uint32_t target = eip + i->immediate;
    Run* run = traces_.linked(i);
    const std::int64_t rest = remaining + i->left - run->count;
    const std::uint64_t end = sizeof(T) == 2 ? code_end_16 : code_end;
    if (rest < 0 || target + std::uint64_t{run->bytes} > end) [[unlikely]]
      return jump_unlinked<T>(i);
    remaining = rest;
    eip = target;
    note_run(segments[kCs].base + target);
    return enter(run->insns);
  }
  // --- loops that wait ---
  // Whether the loop is `first` and a jump, perhaps the same instruction, and nothing else. What
  // such a loop looks at stays as it is until an event, so its rounds need not be executed one by
  // one: they only count.
  static bool is_whole_loop(const Insn* first, const Insn* jump) {
    return jump->immediate == 0 && first->next == first->length;
  }
  // Passes over as many rounds of `length` instructions as fit into the budget, `most` at most, and
  // leaves enough of it for another run; `left` instructions of this one are not executed. Returns
  // how many.
  std::int64_t pass_rounds(std::int64_t left, std::int64_t length, std::int64_t most) {
    const std::int64_t spare = remaining + left - std::int64_t{TraceCache::kMaxInsns};
    if (spare < length) return 0;
    const std::int64_t rounds = std::min(spare / length, most);
    remaining -= rounds * length;
    return rounds;
  }

  // Behind the last instruction of a run.
  Insn* fall_through(const Insn* end_mark) {
    const std::uint32_t target = end_of(end_mark);
    if (Run* run = linked_run(target, remaining)) return enter_run(run, target);
    eip = target;
    return nullptr;
  }
  // A fault of instruction i: nothing of it has happened, it counts as one, the loop delivers.
  Insn* fault(Insn* i, std::uint8_t vector, std::uint16_t error_code = 0);
  // The same for what a system operation refused.
  Insn* refused(Insn* i);
  // Ends instruction i with an interrupt that returns behind it: INT n, INT3, INTO, INT1.
  Insn* software_interrupt(Insn* i, std::uint8_t vector);

  // --- segments (segments.cpp) ---
  bool load_segment(Insn* i, unsigned segment, std::uint16_t selector);
  void load_real_segment(unsigned segment, std::uint16_t selector);  // V86 mode too
  void set_segment(unsigned segment, const Registers::Segment& value);
  Registers::Segment segment(unsigned segment) const;
  void segment_changed(unsigned segment);
  // After CR0, CR4, EFLAGS.VM or AC changed.
  void update_mode();
  // After segment caches changed.
  void update_plain();
  std::optional<std::uint32_t> descriptor_at(std::uint16_t selector) const;
  bool fetch_descriptor(std::uint16_t selector, Descriptor& d, std::uint8_t vector,
                        std::uint16_t external = 0);
  bool known_type(unsigned system_type) const {
    return at_least(Model::i80386) || system_type < kWideBit;
  }
  bool set_access(std::uint16_t selector, const Descriptor& d, unsigned access);
  bool mark_accessed(std::uint16_t selector, const Descriptor& d);
  void set_cache(unsigned segment, std::uint16_t selector, const Descriptor& d);
  void set_null(unsigned segment, std::uint16_t selector);
  bool check_data_segment(std::uint16_t selector, Descriptor& d, std::uint8_t vector);
  bool check_stack_segment(std::uint16_t selector, unsigned level, std::uint8_t vector,
                           Descriptor& d, std::uint16_t external = 0);

  // --- far transfers in protected mode (far_transfers.cpp) ---
  // size: of the pushed cells of a call, 0 for a jump.
  Insn* far_transfer(Insn* i, std::uint16_t selector, std::uint32_t offset, unsigned size);
  Insn* far_return(Insn* i, unsigned size, std::uint32_t release);
  Insn* interrupt_return(Insn* i, unsigned size);
  // In real and V86 mode.
  Insn* far_jump(Insn* i, std::uint16_t selector, std::uint32_t offset);

  // --- tasks (tasks.cpp) ---
  bool switch_task(std::uint16_t selector, const Descriptor& d, TaskSwitch how,
                   std::uint32_t return_eip, std::uint16_t external = 0);
  bool inner_stack(unsigned level, StackFrame& frame, std::uint16_t& selector, Descriptor& d,
                   std::uint16_t external);
  bool port_permitted(Insn* i, std::uint16_t port, unsigned size);

  // --- paging (paging.cpp) ---
  bool refuse(std::uint8_t vector, std::uint16_t error_code = 0) {
    refusal_ = {vector, error_code, false, 0};
    return false;
  }
  // Accesses by linear address for the processor's own purposes, at level 0 unless `user`.
  bool read_linear(std::uint32_t linear, std::span<std::uint8_t> bytes, bool user = false);
  bool write_linear(std::uint32_t linear, std::span<const std::uint8_t> bytes, bool user = false);
  bool probe_linear(std::uint32_t linear, unsigned size, bool writing, bool user = false);
  template <class T>
  bool read_system(std::uint32_t linear, T& value) {
    std::array<std::uint8_t, sizeof(T)> bytes;
    if (!read_linear(linear, bytes)) return false;
    std::memcpy(&value, bytes.data(), sizeof(T));
    return true;
  }
  template <class T>
  bool write_system(std::uint32_t linear, T value) {
    std::array<std::uint8_t, sizeof(T)> bytes;
    std::memcpy(bytes.data(), &value, sizeof(T));
    return write_linear(linear, bytes);
  }
  bool frame_fits(const StackFrame& frame, std::uint16_t error_code);
  void write_frame(const StackFrame& frame);
  // Translations of linear addresses or the meaning of code changed.
  void flush_translations();
  void flush_page(std::uint32_t linear);

  // --- debug registers (debug.cpp) ---
  void debug_registers_changed();
  bool debugging() const { return (system.dr[7] & kDr7AnyEnabled) != 0; }

  // --- interrupts (interrupts.cpp) ---
  // Enters the handler, returning to eip; when that cannot be done the return address becomes
  // `restart`, the instruction to blame.
  void deliver(Interruption what);
  void set_intr(bool level);
  void raise_nmi();
  void end_nmi();  // IRET
  void set_activity(Activity value);
  void update_flag_events();

  // --- slow paths (core.cpp) ---
  using SlowValue = std::uint64_t;
  static constexpr SlowValue kFaulted = ~SlowValue{0};
  SlowValue read_slow(Insn* i, unsigned segment, std::uint32_t offset, unsigned size);
  SlowValue read_to_modify(Insn* i, unsigned segment, std::uint32_t offset, unsigned size);
  bool write_slow(Insn* i, unsigned segment, std::uint32_t offset, unsigned size,
                  std::uint32_t value);
  // Host address of plain memory for `size` bytes within one page, or null; for block moves.
  std::uint8_t* plain_read(std::uint32_t linear);
  std::uint8_t* plain_write(std::uint32_t linear, std::uint32_t& size);
  void* beside_code(unsigned segment, std::uint32_t offset, unsigned size);
  // A repeated compare that faults restores the flags from before its first element. When it paused
  // for an event or the end of the budget and nothing came between, that is still the first
  // start's.
  void begin_repeat(const Insn* i);
  void pause_repeat();
  void restore_flags_of_repeat() { flags = repeat_.before; }
  // Before and after a callback to the board from the middle of instruction i.
  void callback_begins(const Insn* i) { current = i; }
  void callback_ends(Insn* i) {
    if (events != 0) break_before(i + 1);
  }
  void break_before(Insn* i);

  // --- state ---
  std::array<std::uint32_t, 9> general{};  // the ninth is kZeroRegister
  std::uint32_t eip = 0;
  std::int64_t remaining = 0;
  Flags flags;
  std::uint32_t system_flags = 0;  // TF IF DF IOPL NT RF VM
  std::uint32_t stack_mask = 0xFFFF;
  std::uint32_t ip_mask = 0xFFFF;
  std::uint64_t code_end = 0x10000;     // first offset behind CS
  std::uint64_t code_end_16 = 0x10000;  // the same for 16-bit jumps, which reach no further
  std::uint64_t jump_base = 0;          // CS base and what else a key of the jump cache holds
  const std::uintptr_t ram_begin;       // host address of physical address 0
  std::uint32_t events = 0;
  std::uint32_t cpl = 0;
  std::array<SegmentCache, 6> segments{};
  JumpCache jump_cache;
  Tlb read_tlb, write_tlb;
  X87Unit fpu;

  const Model model;
  const Engine engine;
  Memory& memory;
  Bus& bus;

  Registers system;  // of it only what is not hot: CRx, DRx, TRx, GDTR, IDTR, LDTR, TR
  Activity activity = Activity::running;
  bool intr_pin = false;
  bool nmi_pending = false;
  bool nmi_blocked = false;
  bool trap_suppressed = false;   // MOV SS, POP SS: no single-step trap behind this one
  bool resume_set = false;        // the present instruction loaded RF
  const Insn* current = nullptr;  // the instruction whose callback is running

 private:
  // The run at CS:target if it is known and fits into the budget.
  [[gnu::always_inline]] Run* linked_run(std::uint32_t target, std::int64_t budget) {
    const std::uint64_t key = jump_base + target;
    const JumpEntry& entry = jump_cache[key];
    Run* run = entry.run;
    const bool usable =
        entry.key == key && run->count <= budget && target + std::uint64_t{run->bytes} <= code_end;
    return usable ? run : nullptr;
  }
  [[gnu::always_inline]] Insn* enter_run(Run* run, std::uint32_t target) {
    remaining -= run->count;
    eip = target;
    note_run(segments[kCs].base + target);
    return enter(run->insns);
  }
  void power_up();
  bool service_events();
  void step_one();
  void execute(Insn* first);
  void run_cached();
  void run_shadowed();
  void deliver_pending();
  Run* find_run();
  Run* look_for_run(std::uint64_t key);
  Run* build_run(Page& page, std::uint32_t physical);
  struct FlagNeed {
    FlagUse flags = FlagUse::other;
    Handler quiet = nullptr;
  };
  static void leave_dead_flags(std::span<Insn> insns, std::span<const FlagNeed> needs);
  static Insn* go_on_at_target(Core& c, Insn* i);
  static bool worth_following(const Insn& jump, std::size_t count, std::uint32_t bytes);
  Insn* jump_slow(Insn* i, std::uint32_t target);
  template <class T>
  Insn* jump_unlinked(Insn* i);
  void park();
  void unpark();
  void unpatch();
  bool segment_allows(Insn* i, unsigned segment, std::uint32_t offset, unsigned size, bool writing);
  bool pages_allow(Insn* i, unsigned segment, std::uint32_t offset, unsigned size, bool writing);
  std::uint32_t linear_of_byte(unsigned segment, std::uint32_t offset) const;
  static SlowValue load(std::uintptr_t host, unsigned size);
  static void store(std::uintptr_t host, unsigned size, std::uint32_t value);
  std::uint8_t read_byte(std::uint32_t linear);
  void write_byte(std::uint32_t linear, std::uint8_t value);
  std::uint8_t read_physical_byte(std::uint32_t physical);
  void write_physical_byte(std::uint32_t physical, std::uint8_t value);
  void store_code_page(TlbEntry& entry, std::uint32_t linear, unsigned size, std::uint32_t value);
  struct Mapping {
    std::uint32_t physical = 0;  // page
    bool for_users = true;       // level 3 could do the same
  };
  bool paging() const { return (system.cr0 & kCr0Pg) != 0; }
  bool translate(std::uint32_t linear, bool writing, bool user, Mapping& mapping);
  bool walk(std::uint32_t linear, bool writing, bool user, Mapping& mapping);
  std::uint32_t read_table(std::uint32_t physical);
  void mark_table(std::uint32_t physical, std::uint32_t entry, std::uint32_t bits);
  TlbEntry* find_page(Tlb& tlb, std::uint32_t linear, bool writing);
  bool linear_page(std::uint32_t linear, bool writing, bool user, std::uint32_t& physical);
  std::span<const std::uint8_t> fetch(bool across);
  void update_jump_base();
  void update_ends();
  void flush_jumps();
  CodeKind code_kind() const { return {segments[kCs].big(), plain_}; }
  void note_run(std::uint32_t linear) { recent_[recent_next_++] = linear; }
  bool enter_handler(const Interruption& what);
  bool enter_real_handler(const Interruption& what);
  bool enter_through_gate(const Interruption& what, const Descriptor& gate, std::uint16_t external);
  bool enter_task(const Interruption& what, std::uint16_t selector, std::uint16_t external);
  Interruption combined(const Interruption& first) const;
  std::uint16_t load16(std::uint32_t linear);
  void store16(unsigned segment, std::uint32_t offset, std::uint16_t value);
  void step_traced();
  void deliver_debug_trap();
  void note_delivery(const Interruption& what);
  void save_task(std::uint32_t base, bool wide, std::uint32_t image, std::uint32_t return_eip);
  bool load_task(std::uint16_t ldt, const std::array<std::uint16_t, 6>& selectors);
  Insn* after_task_switch(Insn* i, bool switched);
  bool task_by_selector(std::uint16_t selector, TaskSwitch how, std::uint32_t return_eip,
                        std::uint8_t vector, std::uint16_t external);
  Insn* call_through_gate(Insn* i, std::uint16_t selector, const Descriptor& gate, bool call);
  Insn* return_to(Insn* i, unsigned size, std::uint32_t release, const std::uint32_t* image);
  Insn* return_to_v86(Insn* i, std::uint32_t target, std::uint16_t selector, std::uint32_t image);
  void drop_inner_segments();
  void enter_code(std::uint16_t selector, unsigned level, const Descriptor& d);
  std::uint32_t return_flags(std::uint32_t image, unsigned size) const;
  void watch(std::uint32_t linear, unsigned size, bool writing);
  bool stop_for_code_breakpoint();
  bool page_watched(std::uint32_t linear, std::uint32_t physical) const;
  bool in_one_piece(unsigned segment, std::uint32_t offset, unsigned size) const;
  std::uint32_t peek_word(std::uint32_t physical, std::size_t size) const;
  std::uint32_t bytes_before(unsigned segment, std::uint32_t offset, unsigned size);
  struct Shown {
    bool write, own;
    std::uint32_t before, after;
  };
  void show_access(unsigned segment, std::uint32_t offset, unsigned size, const Shown& what);
  void show_piece(std::uint32_t linear, std::uint32_t physical, std::size_t size,
                  const Shown& what);

  TraceCache traces_;
  const Decoder decoder_;
  std::int64_t reserve_ = 0;
  std::uint64_t end_count_ = 0;  // instructions() when the budget is used up
  bool executing_ = false;
  Insn* patched_ = nullptr;
  Handler patched_handler_ = nullptr;
  Interruption pending_;
  Refusal refusal_;
  bool protected_ = false;
  bool alignment_checked_ = false;
  bool plain_ = false;
  bool fetch_faulted_ = false;    // the bytes ended at a page that is not there
  std::uint64_t jump_epoch_ = 0;  // part of jump_base: a flush is a new epoch
  AccessWatch* access_watch_ = nullptr;
  std::uint32_t debug_hits_ = 0;    // bits of DR6 for a trap behind this instruction
  bool delivered_ = false;          // the last instruction ended in an interrupt or fault
  std::uint32_t address_mask_ = 0;  // the model's address pins and the A20 gate
  std::array<Insn, 2> single_{};
  std::array<std::uint8_t, 15> fetched_{};
  struct RepeatState {
    Flags before;
    std::uint64_t paused_at = 0;  // instructions()
    std::uint32_t linear = 0;
  } repeat_;
  static constexpr std::size_t kRecent = 64;
  static constexpr std::uint32_t kNoRun = 0xFFFFFFFF;
  std::array<std::uint32_t, 256> recent_;  // a ring that a byte runs around in
  std::uint8_t recent_next_ = 0;
  mutable std::array<std::uint32_t, kRecent> recent_ordered_{};
  static constexpr std::size_t kRecentExceptions = 8;
  std::array<Delivery, kRecentExceptions> deliveries_{};
  std::size_t delivery_count_ = 0;
  mutable std::array<Delivery, kRecentExceptions> deliveries_ordered_{};
};

}  // namespace cpu
