// The physical address space: RAM, ROM and memory-mapped devices in 4 KiB pages. The processor goes
// through its own TLB on top of this; everything else (DMA, scripts, debugger, loaded states) uses
// read_physical and write_physical, which keep decoded code honest. Not modelled: bus widths, wait
// states, parity.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cpu/large_pages.h"

namespace cpu {

inline constexpr std::uint32_t kPageSize = 4096;
inline constexpr std::uint32_t kLineSize = 64;  // what changed code is noticed by

class MmioDevice {
 public:
  virtual ~MmioDevice() = default;
  virtual std::uint8_t read8(std::uint32_t address) = 0;
  virtual void write8(std::uint32_t address, std::uint8_t value) = 0;
  // What read8 would give, without its side effects; for observers.
  virtual std::uint8_t peek8(std::uint32_t) const { return 0xFF; }
};

// Whoever keeps copies derived from memory: the processor with its TLB and its decoded code.
class MemoryObserver {
 public:
  virtual ~MemoryObserver() = default;
  // Bytes under decoded code (Page::code_lines) are about to change.
  virtual void code_written(std::uint32_t address, std::uint32_t size) = 0;
  // Pages were mapped or unmapped, or the A20 gate moved: translations are void. Decoded code of
  // replaced pages was reported through code_written before.
  virtual void mapping_changed() = 0;
  // Stores must ask for their page again, so that Page::written sees them.
  virtual void stores_revoked() { mapping_changed(); }
};

// One page as the processor's slow path and TLB see it.
struct Page {
  std::uint8_t* data = nullptr;  // RAM or ROM bytes; null: device or nothing
  MmioDevice* device = nullptr;
  bool writable = false;
  bool written = false;  // somebody may have stored here; cleared by Memory::take_written
  // One bit per line that holds decoded code; kept by the processor's trace cache.
  std::uint64_t code_lines = 0;
  std::unique_ptr<std::array<std::uint8_t, kPageSize>> own;  // data of ROM and shadow pages
};

// The code_lines bits of `size` bytes from `address`, all within one page.
constexpr std::uint64_t line_mask(std::uint32_t address, std::uint32_t size) {
  const std::uint32_t first = address % kPageSize / kLineSize;
  const std::uint32_t last = (address + size - 1) % kPageSize / kLineSize;
  return (~std::uint64_t{0} << first) & (~std::uint64_t{0} >> (63 - last));
}

class Memory {
 public:
  // RAM from address 0; what lies at A0000h..FFFFFh starts unmapped (reads FFh, writes vanish) and
  // that much of the RAM stays hidden behind it. ram_bytes: 64 KiB .. 64 MiB, a multiple of 64 KiB.
  explicit Memory(std::uint32_t ram_bytes);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // Addresses and sizes are multiples of kPageSize; a later map replaces an earlier one.
  void map_rom(std::uint32_t first, std::span<const std::uint8_t> image);  // copied; writes vanish
  void map_shadow(std::uint32_t first,
                  std::span<const std::uint8_t> image);  // copied; writable like RAM
  void map_mmio(std::uint32_t first, std::uint32_t size, MmioDevice& device);
  // Bytes of a device that need nobody's care when they are read or written; they outlive the
  // mapping.
  void map_direct(std::uint32_t first, std::span<std::uint8_t> bytes);
  // Whether anything was stored in these pages since they were mapped or this was last asked.
  bool take_written(std::uint32_t first, std::uint32_t size);
  void unmap(std::uint32_t first, std::uint32_t size);

  // The gate masks address bit 20 of processor accesses only; DMA sees all of memory.
  void set_a20(bool enabled);
  bool a20() const { return a20_; }

  std::uint32_t ram_size() const;
  std::span<const std::uint8_t> ram() const { return ram_; }

  // All of RAM at once, as a saved state has it.
  void load_ram(std::span<const std::uint8_t> bytes);

  // For everyone but the processor. Side effects of MMIO reads happen; ROM is not written.
  // Addresses wrap at 4 GiB.
  void read_physical(std::uint32_t address, std::span<std::uint8_t> bytes);
  void write_physical(std::uint32_t address, std::span<const std::uint8_t> bytes);
  // For observers: RAM and ROM as they are, what a device shows of itself. No side effects.
  void peek(std::uint32_t address, std::span<std::uint8_t> bytes) const;

  // For the processor. A page that was never mapped is created as "nothing there".
  Page& page(std::uint32_t address);
  void set_observer(MemoryObserver* observer) { observer_ = observer; }

 private:
  static constexpr std::uint32_t kPagesPerChunk = 1024;
  using Chunk = std::array<Page, kPagesPerChunk>;  // 4 MiB of address space

  const Page* find(std::uint32_t address) const;
  Page& clear_page(std::uint32_t address);
  void map_copy(std::uint32_t first, std::span<const std::uint8_t> image, bool writable);
  void tell_observer();

  std::vector<std::uint8_t, LargePages<std::uint8_t>> ram_;
  std::array<std::unique_ptr<Chunk>, 1024> chunks_;
  MemoryObserver* observer_ = nullptr;
  bool a20_ = true;
};

}  // namespace cpu
