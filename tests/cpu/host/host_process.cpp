#include "tests/cpu/host/host_process.h"

#if defined(__x86_64__) && defined(__linux__)

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

namespace host_fuzz {
namespace {

// What the way in and the way out share. It lies at a fixed address, for the way out begins in a
// signal handler, which is given nothing.
struct Gate {
  std::uint64_t rsp;  // of the 64-bit world
  std::uint64_t rip;  // where it goes on
  std::uint64_t eflags;
  std::uint32_t entry_offset;  // far pointer to `entry`
  std::uint16_t entry_selector, unused;
  std::array<std::uint32_t, 8> general;
  std::uint32_t target;
  std::array<std::uint8_t, 12> entry;  // MOV ESP,[general + 16]; JMP [target]
  std::uint32_t refused;
  State end;
};
constexpr std::uint32_t kGate = kWindow;
constexpr std::size_t kGeneral = offsetof(Gate, general);
static_assert(offsetof(Gate, rsp) == 0 && offsetof(Gate, rip) == 8 &&
              offsetof(Gate, eflags) == 16 && offsetof(Gate, entry_offset) == 24 && kGeneral == 32);

// Fixed addresses are the point here.
template <class T>
T* at(std::uint32_t address) {
  return reinterpret_cast<T*>(std::uintptr_t{address});  // NOLINT(performance-no-int-to-ptr)
}

Gate& gate() {
  return *at<Gate>(kGate);
}

}  // namespace

// RDI = gate. Comes back through the label leave_32_bit, RSP as it was.
extern "C" void platter_enter_32_bit(Gate* gate);
asm(R"(
    .text
    .globl platter_enter_32_bit
    .type platter_enter_32_bit, @function
platter_enter_32_bit:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    lea leave_32_bit(%rip), %rax
    mov %rsp, 0(%rdi)
    mov %rax, 8(%rdi)
    mov $0x2B, %eax
    mov %eax, %ds
    mov %eax, %es
    push 16(%rdi)
    popf
    mov %rdi, %r8
    mov 32(%r8), %eax
    mov 36(%r8), %ecx
    mov 40(%r8), %edx
    mov 44(%r8), %ebx
    mov 52(%r8), %ebp
    mov 56(%r8), %esi
    mov 60(%r8), %edi
    ljmp *24(%r8)
leave_32_bit:
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret
    .size platter_enter_32_bit, .-platter_enter_32_bit
)");

namespace {

constexpr std::uint64_t kCode64 = 0x33;
constexpr std::array kSignals = {SIGILL, SIGSEGV, SIGFPE, SIGTRAP, SIGBUS};

void on_exception(int, siginfo_t*, void* context) {
  auto& r = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  Gate& g = gate();
  const auto low = [&r](int index) { return static_cast<std::uint32_t>(r[index]); };
  if ((r[REG_CSGSFS] & 0xFFFF) != kUserCode) g.refused = 1;
  g.end.general = {low(REG_RAX), low(REG_RCX), low(REG_RDX), low(REG_RBX),
                   low(REG_RSP), low(REG_RBP), low(REG_RSI), low(REG_RDI)};
  g.end.eip = low(REG_RIP);
  g.end.eflags = low(REG_EFL);
  g.end.vector = low(REG_TRAPNO);
  g.end.error_code = low(REG_ERR);
  r[REG_RIP] = static_cast<greg_t>(g.rip);
  r[REG_RSP] = static_cast<greg_t>(g.rsp);
  r[REG_EFL] = 0x202;
  r[REG_CSGSFS] =
      static_cast<greg_t>((static_cast<std::uint64_t>(r[REG_CSGSFS]) & ~0xFFFFull) | kCode64);
}

class LinuxProcess final : public HostProcess {
 public:
  LinuxProcess() {
    mapped_ = map(kGate, 0x1000, PROT_READ | PROT_WRITE | PROT_EXEC) &&
              map(kCode, kCodeSize, PROT_READ | PROT_WRITE | PROT_EXEC) &&
              map(kData, kDataSize, PROT_READ | PROT_WRITE) &&
              map(kStack, kStackSize, PROT_READ | PROT_WRITE);
    if (!mapped_) return;
    // The program's ESP may be anything when a signal comes.
    signal_stack_.resize(64 << 10);
    const stack_t stack{signal_stack_.data(), 0, signal_stack_.size()};
    sigaltstack(&stack, &old_stack_);
    struct sigaction action {};
    action.sa_sigaction = on_exception;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    for (std::size_t n = 0; n < kSignals.size(); ++n) sigaction(kSignals[n], &action, &old_[n]);
    Gate& g = gate();
    g = {};
    g.entry_selector = kUserCode;
    g.entry_offset = kGate + static_cast<std::uint32_t>(offsetof(Gate, entry));
    g.entry = {0x8B, 0x25, 0, 0, 0, 0, 0xFF, 0x25, 0, 0, 0, 0};
    const auto esp = static_cast<std::uint32_t>(kGate + kGeneral + 16);
    const auto target = static_cast<std::uint32_t>(kGate + offsetof(Gate, target));
    std::memcpy(&g.entry[2], &esp, 4);
    std::memcpy(&g.entry[8], &target, 4);
  }
  ~LinuxProcess() override {
    if (mapped_) {
      for (std::size_t n = 0; n < kSignals.size(); ++n) sigaction(kSignals[n], &old_[n], nullptr);
      sigaltstack(&old_stack_, nullptr);
    }
    for (const auto& [address, size] : regions_) munmap(address, size);
  }
  LinuxProcess(const LinuxProcess&) = delete;
  LinuxProcess& operator=(const LinuxProcess&) = delete;

  bool mapped() const { return mapped_; }
  // Whether UD2 as the only instruction comes back as it should.
  bool works() {
    load(std::array<std::uint8_t, 2>{0x0F, 0x0B});
    State state;
    run(state);
    return gate().refused == 0 && state.vector == 6 && state.eip == kCode;
  }

  std::span<std::uint8_t> data() override { return region(kData, kDataSize); }
  std::span<std::uint8_t> stack() override { return region(kStack, kStackSize); }
  void load(std::span<const std::uint8_t> code) override {
    std::copy(code.begin(), code.end(), region(kCode, kCodeSize).begin());
  }
  void run(State& state) override {
    Gate& g = gate();
    g.general = state.general;
    g.eflags = state.eflags;
    g.target = kCode;
    platter_enter_32_bit(&g);
    state = g.end;
  }

 private:
  static std::span<std::uint8_t> region(std::uint32_t address, std::uint32_t size) {
    return {at<std::uint8_t>(address), size};
  }
  bool map(std::uint32_t address, std::uint32_t size, int protection) {
    void* const wanted = at<void>(address);
    void* const got =
        mmap(wanted, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == MAP_FAILED) return false;
    regions_.emplace_back(got, size);
    return got == wanted;
  }

  bool mapped_ = false;
  std::vector<std::pair<void*, std::size_t>> regions_;
  std::vector<std::uint8_t> signal_stack_;
  stack_t old_stack_{};
  std::array<struct sigaction, kSignals.size()> old_{};
};

}  // namespace

std::unique_ptr<HostProcess> HostProcess::create(const char*& why) {
  auto process = std::make_unique<LinuxProcess>();
  why = "the host's memory at 30000000h is taken";
  if (!process->mapped()) return nullptr;
  why = "the host refuses 32-bit code in a 64-bit process";
  if (!process->works()) return nullptr;
  return process;
}

}  // namespace host_fuzz

#else

namespace host_fuzz {
std::unique_ptr<HostProcess> HostProcess::create(const char*& why) {
  why = "the host is no x86-64 Linux";
  return nullptr;
}
}  // namespace host_fuzz

#endif
