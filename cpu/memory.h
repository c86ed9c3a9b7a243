// The physical address space: RAM, ROM and memory-mapped devices in 4 KiB pages. The processor goes through
// its own TLB on top of this; everything else (DMA, scripts, debugger, loaded states) uses read_physical and
// write_physical, which keep decoded code honest.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace cpu {

inline constexpr std::uint32_t kPageSize = 4096;

class MmioDevice {
 public:
  virtual ~MmioDevice() = default;
  virtual std::uint8_t read8(std::uint32_t address) = 0;
  virtual void write8(std::uint32_t address, std::uint8_t value) = 0;
};

class Memory {
 public:
  // RAM from address 0; what lies at A0000h..FFFFFh starts unmapped (reads FFh, writes vanish) and that much
  // of the RAM stays hidden behind it. ram_bytes: 64 KiB .. 64 MiB, a multiple of 64 KiB.
  explicit Memory(std::uint32_t ram_bytes);
  ~Memory();

  // Addresses and sizes are multiples of kPageSize; a later map replaces an earlier one.
  void map_rom(std::uint32_t first, std::span<const std::uint8_t> image);  // copied; writes vanish
  void map_shadow(std::uint32_t first, std::span<const std::uint8_t> image);  // copied; writable like RAM
  void map_mmio(std::uint32_t first, std::uint32_t size, MmioDevice& device);
  void unmap(std::uint32_t first, std::uint32_t size);

  // The gate masks address bit 20 of processor accesses only; DMA sees all of memory.
  void set_a20(bool enabled);
  bool a20() const;

  std::uint32_t ram_size() const;
  std::span<const std::uint8_t> ram() const;

  // For everyone but the processor. Side effects of MMIO reads happen; ROM is not written.
  void read_physical(std::uint32_t address, std::span<std::uint8_t> bytes);
  void write_physical(std::uint32_t address, std::span<const std::uint8_t> bytes);
  // For observers: RAM and ROM as they are, FFh where a device answers. No side effects.
  void peek(std::uint32_t address, std::span<std::uint8_t> bytes) const;
};

}  // namespace cpu
