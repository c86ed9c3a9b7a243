// A folder of the host as the files of a DOS volume: copied in before the guest starts; what the
// guest changed or made is copied back when somebody asks. Between the two nothing is shared, so a
// guest that runs wild cannot hurt the folder, and a folder that changes meanwhile cannot confuse
// the guest.
//
// Names become 8.3 names (LONGFI~1.TXT); a changed file goes back under the name it came with, a
// new one under the name DOS gave it. Left out both ways: symbolic links, devices, and names that
// begin with a dot, so that nothing outside the folder and no .git is reached. What the guest
// removed stays.
//
// Times: a file is as old as the guest's clock at power-on. Where more than two seconds lie between
// files on the host, the guest sees the older one as older, which is what MAKE wants to know;
// nothing else of the host's clock enters.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "devices/cmos.h"
#include "emu/config.h"
#include "storage/fat_volume.h"
#include "storage/memory_device.h"

namespace emu {

class HostFolder {
 public:
  using WarnLine = std::function<void(const std::string&)>;

  // Looks at what is there. Throws storage::ImageError naming the file; `warn` hears what is left
  // out.
  HostFolder(std::filesystem::path root, const WarnLine& warn);

  // A formatted disk with everything on it and room for as much again. Throws storage::ImageError.
  std::unique_ptr<storage::MemoryDevice> make_disk(const devices::DateTime& now,
                                                   std::span<const GuestFile> extra);

  struct Changes {
    std::vector<std::string> written;   // files, relative to the folder
    std::vector<std::string> removed;   // gone in the guest, still here
    std::vector<std::string> failures;  // one line each
  };
  // Compares with what make_disk() put there; `disk` is what the guest sees.
  Changes copy_back(storage::BlockDevice& disk) const;

  const std::filesystem::path& root() const { return root_; }

 private:
  struct Entry {
    std::filesystem::path host;  // relative to the root
    std::string guest;           // "/SRC/HELLO.C"
    bool folder = false;
    bool read_only = false;
    std::uint64_t size = 0;
    std::int64_t modified = 0;  // nanoseconds, for the order only
    std::string digest;         // of what the guest was given
  };
  class Return;

  void scan(const std::filesystem::path& folder, const std::string& guest, unsigned depth,
            const WarnLine& warn);
  std::uint32_t cylinders() const;
  std::map<std::int64_t, unsigned> age_ranks() const;
  void copy_in(storage::FatVolume& volume, const devices::DateTime& now);

  std::filesystem::path root_;
  std::vector<Entry> entries_;                      // folders before what is in them
  std::map<std::string, std::size_t> guest_names_;  // into entries_
  std::vector<std::string> private_folders_;
};

}  // namespace emu
