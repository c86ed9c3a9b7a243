// What all verbs share while they run: where names lead, how images are opened, where words go.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <string>
#include <string_view>

#include "emu/image_arguments.h"
#include "emu/image_command.h"
#include "storage/format.h"
#include "storage/open_image.h"

namespace emu::image_tool {

class Session {
 public:
  Session(const Arguments& arguments, const Surroundings& around);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const Arguments& arguments() const { return arguments_; }
  const Surroundings& around() const { return around_; }
  std::ostream& out() const { return around_.out; }
  std::ostream& err() const { return around_.err; }
  bool interrupted() const { return around_.interrupted && around_.interrupted(); }

  // A sentence that -q keeps back.
  void say(std::string_view line) const;
  // What was done: the line, where there is one, or with --output json `facts`.
  void answer(std::string_view line, const nlohmann::ordered_json& facts) const;

  // For images that are opened, checked or created; the caller sets mode and format.
  storage::OpenOptions open_options() const;
  // The same with the words that the user gave for opening FILE.
  storage::OpenOptions open_options(const std::string& path, std::string_view format,
                                    storage::OpenMode mode) const;
  storage::Place place(const std::filesystem::path& path) const;
  storage::OpenedImage open(const std::string& path, std::string_view format,
                            storage::OpenMode mode) const;

  // Files created from now on are removed by undo() or, if it was not kept, by the destructor.
  class Creation {
   public:
    explicit Creation(storage::FileRegistry& registry)
        : registry_(registry), before_(registry.created()) {}
    ~Creation() {
      if (!kept_) registry_.remove_created(before_);
    }
    Creation(const Creation&) = delete;
    Creation& operator=(const Creation&) = delete;
    void keep() { kept_ = true; }

   private:
    storage::FileRegistry& registry_;
    std::size_t before_;
    bool kept_ = false;
  };
  Creation creation() const { return Creation(*registry_); }

  // The image driver's progress, in units of `unit_bytes` (0: of no known size).
  storage::Progress progress(std::uint64_t unit_bytes) const;

 private:
  const Arguments& arguments_;
  const Surroundings& around_;
  std::shared_ptr<storage::FileRegistry> registry_;
  std::shared_ptr<storage::IdSource> ids_;
  std::shared_ptr<std::mutex> warnings_;
};

// A size or an offset with a suffix. `what` names it in the message. Throws UsageError.
std::uint64_t size_argument(std::string_view what, std::string_view text);
std::uint64_t count_argument(std::string_view what, std::string_view text, std::uint64_t least,
                             std::uint64_t most);
// Bytes in whole sectors, rounded up as qemu-img does. Throws UsageError.
std::uint64_t sectors_for(std::uint64_t bytes);
// "1.5 MiB"
std::string human_size(std::uint64_t bytes);
// All -o words together. Throws storage::ImageError.
storage::Options parsed_options(const std::string& file, const std::vector<std::string>& words);

// Throws storage::ImageError naming the file when `status` is not ok.
void require(const std::filesystem::path& file, std::uint64_t lba, storage::IoStatus status);
// The device's last word.
void close_image(const std::filesystem::path& file, storage::BlockDevice& device);

// The -b word as a path: beneath the child's folder as qemu-img has it, or else as typed.
std::filesystem::path parent_path(const Session& session, const std::string& child,
                                  const std::string& parent);

}  // namespace emu::image_tool
