// The words of one `platter image` command, taken apart. One structure for all verbs: each verb
// declares the options that it knows, the others keep their defaults.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace emu::image_tool {

// The command line cannot be meant.
class UsageError final : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Arguments {
  std::string verb;
  std::vector<std::string> names;  // operands, in order

  // For every verb.
  std::vector<std::filesystem::path> allow;  // --allow-dir
  bool quiet = false;                        // -q
  bool force_share = false;                  // -U
  std::optional<std::uint64_t> seed;         // --seed: ids and time stamps not from the host

  std::string format;                // -f
  std::string output_format;         // -O
  std::string parent;                // -b
  std::string parent_format;         // -F
  bool parent_given = false;         // -b "" is not the same as no -b
  std::vector<std::string> options;  // -o
  std::vector<std::string> open_options;

  std::string output = "human";     // --output
  std::string cache;                // -t, -T: accepted for qemu-img's sake
  bool progress = false;            // -p
  std::string progress_as = "bar";  // --progress
  bool chain = false;               // --chain, --backing-chain
  bool ascii = false;               // map
  std::string png;                  // map
  bool owner = false;               // map, diff: whose sectors
  std::string repair;               // check -r
  bool drop_data = false;           // check, repair
  bool existing_target = false;     // convert -n
  bool target_is_zero = false;      // convert
  bool compress = false;            // convert -c
  std::string sparse_size;          // convert -S
  std::string requests = "2";       // convert -m
  bool strict = false;              // compare -s
  bool unsafe = false;              // rebase -u, create -u
  bool moved = false;               // rebase
  bool keep = false;                // commit -d
  bool shrink = false;              // resize
  bool link = false;                // compact
  std::string fat_free;             // fat
  std::string label;                // create-disk
  bool fat12 = false, fat16 = false, fat32 = false;
  std::string start_offset;           // map
  std::string max_length;             // map
  std::string size;                   // measure
  std::vector<std::string> commands;  // io -c
  bool read_only = false;             // io -r
  bool discard = false;               // io --discard
  std::string partition;              // fat: number, empty: the first volume

  // bench
  std::string count = "75000", buffer_size = "4096", step_size = "0", offset = "0";
  std::string depth = "1", pattern, flush_interval = "0";
  bool write = false, random = false;

  bool json() const { return output == "json"; }
};

}  // namespace emu::image_tool
