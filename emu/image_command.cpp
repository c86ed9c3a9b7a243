#include "emu/image_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "emu/image_arguments.h"
#include "emu/image_session.h"
#include "emu/image_verbs.h"
#include "storage/image_error.h"

namespace emu::image_tool {

namespace {

constexpr int kInterrupted = 130;  // as a shell reports SIGINT
constexpr std::size_t kMessageLimit = 400;

using Declare = void (*)(CLI::App&, Arguments&);

struct Verb {
  std::string_view name;
  std::string_view operands;
  std::string_view summary;
  std::size_t least, most;  // how many operands
  Declare declare;
  int (*run)(const Session&);
  int error_code = 1;  // compare has another one: 1 means "different" there
};

// Pieces that several verbs share.

void declare_format(CLI::App& app, Arguments& a) {
  app.add_option("-f,--format", a.format, "format of FILE; else it is found out");
  app.add_option("--open-options", a.open_options, "key=value,... for opening FILE (truncate=on)")
      ->allow_extra_args(false);
}
void declare_share(CLI::App& app, Arguments& a) {
  app.add_flag("-U,--force-share", a.force_share, "read although somebody else writes");
}
void declare_output(CLI::App& app, Arguments& a) {
  app.add_option("--output", a.output, "human or json")->check(CLI::IsMember({"human", "json"}));
}
void declare_progress(CLI::App& app, Arguments& a) {
  app.add_flag("-p", a.progress, "show progress on a terminal");
  app.add_option("--progress", a.progress_as, "bar, or json: one line now and then on stderr")
      ->check(CLI::IsMember({"bar", "json"}));
}
void declare_cache(CLI::App& app, Arguments& a) {
  app.add_option("-t,-T,--cache", a.cache, "accepted and ignored: there is one way of caching")
      ->check(CLI::IsMember({"none", "writeback", "writethrough", "directsync", "unsafe"}))
      ->allow_extra_args(false);
}
void declare_options(CLI::App& app, Arguments& a) {
  app.add_option("-o,--options", a.options, "key=value,... of the format; -o help lists them")
      ->allow_extra_args(false);
}
void declare_parent(CLI::App& app, Arguments& a) {
  app.add_option("-b,--backing", a.parent, "the parent");
  app.add_option("-F,--backing-format", a.parent_format, "the parent's format");
}
void declare_chain(CLI::App& app, Arguments& a) {
  app.add_flag("--chain,--backing-chain", a.chain, "the parents too");
}

void declare_create(CLI::App& app, Arguments& a) {
  declare_output(app, a);
  app.add_option("-f,-O,--format", a.format, "format to create (raw)");
  declare_options(app, a);
  declare_parent(app, a);
  app.add_flag("-u", a.unsafe, "do not open the parent; needs SIZE");
}
void declare_snapshot(CLI::App& app, Arguments& a) {
  app.add_flag_callback(
      "-l,-c,-a,-d",
      [] {
        throw UsageError(
            "snapshots inside an image are qcow2's; here a snapshot is a child of its own: "
            "snapshot FILE [CHILD] makes it, info --chain lists them");
      },
      "not here: qcow2's snapshots inside an image");
  declare_format(app, a);
  declare_options(app, a);
  declare_output(app, a);
}
void declare_measure(CLI::App& app, Arguments& a) {
  declare_format(app, a);
  declare_options(app, a);
  declare_output(app, a);
  declare_share(app, a);
  app.add_option("-O,--output-format", a.output_format, "format of the image to be (raw)");
  app.add_option("--size", a.size, "of an empty image instead of FILE's content");
}
void declare_info(CLI::App& app, Arguments& a) {
  declare_format(app, a);
  declare_output(app, a);
  declare_share(app, a);
  declare_chain(app, a);
}
void declare_formats(CLI::App& app, Arguments& a) {
  declare_output(app, a);
}
void declare_map(CLI::App& app, Arguments& a) {
  declare_info(app, a);
  app.add_option("-s,--start-offset", a.start_offset, "first byte to be shown");
  app.add_option("-l,--max-length", a.max_length, "how many bytes to show");
  app.add_flag("--ascii", a.ascii, "a picture of the disk");
  app.add_option("--png", a.png, "a picture of the disk, into this file");
  app.add_flag("--owner", a.owner, "name the files of FAT volumes that the data belong to");
}
void declare_check(CLI::App& app, Arguments& a) {
  declare_info(app, a);
  declare_progress(app, a);
  declare_cache(app, a);
  app.add_option("-r,--repair", a.repair, "leaks or all")->check(CLI::IsMember({"leaks", "all"}));
  app.add_flag("--drop-data", a.drop_data, "a repair may drop what it cannot make sense of");
}
void declare_convert(CLI::App& app, Arguments& a) {
  declare_output(app, a);
  declare_format(app, a);
  declare_options(app, a);
  declare_progress(app, a);
  declare_share(app, a);
  declare_cache(app, a);
  app.add_option("-O,--output-format", a.output_format, "format of the last file (raw)");
  app.add_option("-B,-b,--backing", a.parent, "parent of the new image");
  app.add_option("-F,--backing-format", a.parent_format, "the parent's format");
  app.add_flag("-n", a.existing_target, "write into an image that is there");
  app.add_flag("--target-is-zero", a.target_is_zero, "with -n: it reads as zeroes already");
  app.add_flag("-c", a.compress, "a compressed subformat");
  app.add_option("-S", a.sparse_size, "how many bytes of zeroes become a hole; 0: none");
  app.add_option("-m", a.requests, "requests in flight; 1: read and write in turn");
  app.add_flag(
      "-W", [](std::int64_t) {}, "accepted and ignored: order of writing");
}
void declare_dd(CLI::App& app, Arguments& a) {
  declare_output(app, a);
  declare_format(app, a);
  declare_options(app, a);
  declare_share(app, a);
  app.add_option("-O,--output-format", a.output_format, "format of the output (raw)");
}
void declare_compare(CLI::App& app, Arguments& a) {
  declare_format(app, a);
  declare_output(app, a);
  declare_progress(app, a);
  declare_share(app, a);
  declare_cache(app, a);
  app.add_option("-F,--second-format", a.parent_format, "format of the second file");
  app.add_flag("-s", a.strict, "sizes and allocation must be the same too");
}
void declare_diff(CLI::App& app, Arguments& a) {
  declare_compare(app, a);
  app.add_flag("--owner,!--no-owner", a.owner, "name the files of FAT volumes (yes)");
}
void declare_commit(CLI::App& app, Arguments& a) {
  declare_output(app, a);
  declare_format(app, a);
  declare_progress(app, a);
  declare_cache(app, a);
  app.add_option("-b,--backing", a.parent, "the layer to commit to, when it is not the next one");
  app.add_flag("-d", a.keep, "leave the child's content in the child, too");
}
void declare_rebase(CLI::App& app, Arguments& a) {
  declare_output(app, a);
  declare_format(app, a);
  declare_progress(app, a);
  declare_cache(app, a);
  declare_parent(app, a);
  app.get_option("-b")->required();
  CLI::Option* const unsafe =
      app.add_flag("-u", a.unsafe, "change the record alone, whatever the content becomes");
  app.add_flag("--moved", a.moved, "change the record alone, if -b is the parent at another place")
      ->excludes(unsafe);
}
void declare_change(CLI::App& app, Arguments& a) {
  declare_output(app, a);
  declare_format(app, a);
  declare_progress(app, a);
}
void declare_resize(CLI::App& app, Arguments& a) {
  declare_change(app, a);
  app.add_flag("--shrink", a.shrink, "a smaller size may cut content off");
}
void declare_compact(CLI::App& app, Arguments& a) {
  declare_change(app, a);
  app.add_flag("--link", a.link, "clusters of one repeated byte share one (growable)");
}
void declare_create_disk(CLI::App& app, Arguments& a) {
  declare_format(app, a);
  declare_options(app, a);
  app.add_option("--size,-s", a.size, "of the disk, with K, M, G or T")->required();
  app.add_option("--label", a.label, "the volume's name, at most 11 characters");
  app.add_flag("--fat12", a.fat12, "the volume is FAT12");
  app.add_flag("--fat16", a.fat16, "the volume is FAT16");
  app.add_flag("--fat32", a.fat32, "the volume is FAT32 (by its size when nothing is said)");
}
void declare_io(CLI::App& app, Arguments& a) {
  declare_output(app, a);
  declare_format(app, a);
  declare_share(app, a);
  declare_cache(app, a);
  app.add_option("-c", a.commands, "a command instead of those on stdin; may be repeated")
      ->allow_extra_args(false);
  app.add_flag("-r,--read-only", a.read_only, "open for reading");
  app.add_flag("--discard", a.discard, "what is written is thrown away at the end");
}
void declare_bench(CLI::App& app, Arguments& a) {
  declare_format(app, a);
  declare_output(app, a);
  declare_share(app, a);
  declare_cache(app, a);
  app.add_option("-c,--count", a.count, "requests");
  app.add_option("-s,--buffer-size", a.buffer_size, "bytes in a request");
  app.add_option("-S,--step-size", a.step_size, "bytes from one request to the next; 0: -s");
  app.add_option("-o,--offset", a.offset, "where the first one is");
  app.add_option("-d,--depth", a.depth, "accepted and ignored: requests are made in turn");
  app.add_option("--pattern", a.pattern,
                 "byte to write; else noise, which no format can leave out");
  app.add_option("--flush-interval", a.flush_interval, "flush after so many requests");
  app.add_flag("-w,--write", a.write, "write instead of read");
  app.add_flag(
      "-n,--native,--no-drain", [](std::int64_t) {}, "accepted and ignored");
  app.add_flag("--random", a.random, "at random places, by --seed");
}
void declare_fat(CLI::App& app, Arguments& a) {
  declare_format(app, a);
  declare_output(app, a);
  declare_share(app, a);
  app.add_option("--fat-free", a.fat_free,
                 "off or live: give removed files' space back (as the image says)");
  app.add_option("--partition", a.partition, "number from 1 in the partition table; 0: none");
}

constexpr std::size_t kMany = std::numeric_limits<std::size_t>::max();

constexpr Verb kVerbs[] = {
    {"create", "[-f FMT] [-b PARENT -F FMT] [-o k=v,..] FILE [SIZE]", "make an image", 1, 2,
     declare_create, create},
    {"info", "[-f FMT] [--chain] FILE", "what an image is", 1, 1, declare_info, info},
    {"map", "[-f FMT] FILE", "where its sectors are", 1, 1, declare_map, map},
    {"check", "[-f FMT] [-r leaks|all] [--chain] FILE", "look for damage", 1, 1, declare_check,
     check},
    {"repair", "[-f FMT] FILE", "check -r all", 1, 1, declare_check, repair},
    {"convert", "[-f FMT] -O FMT [-o k=v,..] FILE.. TARGET", "copy into another format", 2, kMany,
     declare_convert, convert},
    {"compare", "[-f FMT] [-F FMT] A B", "whether two images have the same content", 2, 2,
     declare_compare, compare, 2},
    {"diff", "[-f FMT] [-F FMT] A B", "which sectors differ, and whose they are", 2, 2,
     declare_diff, diff, 2},
    {"commit", "[-f FMT] [-b BASE] [-d] FILE", "write a child's content into its parent", 1, 1,
     declare_commit, commit},
    {"rebase", "[-f FMT] [-u] -b PARENT [-F FMT] FILE", "give a child another parent", 1, 1,
     declare_rebase, rebase},
    {"flatten", "[-f FMT] FILE", "make a child stand alone", 1, 1, declare_change, flatten},
    {"resize", "[-f FMT] [--shrink] FILE [+|-]SIZE", "change the disk's size", 2, 2, declare_resize,
     resize},
    {"compact", "[-f FMT] [--link] FILE", "give unused space back to the host", 1, 1,
     declare_compact, compact},
    {"create-disk", "[-f FMT] --size S FILE", "make a disk with one empty FAT volume", 1, 1,
     declare_create_disk, create_disk},
    {"finish", "[-f FMT] FILE", "copy what an add-cow disk lacks: its raw file then stands alone",
     1, 1, declare_change, finish},
    {"snapshot", "[-f FMT] FILE [CHILD]", "make a child that goes on where FILE stands", 1, 2,
     declare_snapshot, snapshot},
    {"measure", "[-O FMT] [--size N | FILE]", "host space that a conversion needs", 0, 1,
     declare_measure, measure},
    {"dd", "if=FILE of=TARGET [bs=N] [count=N] [skip=N]", "copy a part", 2, 5, declare_dd, dd},
    {"io", "[-f FMT] [-c COMMAND].. FILE", "read and write by commands on stdin", 1, 1, declare_io,
     io},
    {"bench", "[-f FMT] [-c N] [-s SIZE] [-w] FILE", "time requests", 1, 1, declare_bench, bench},
    {"fat", "ls|get|put|rm|mkdir|cat|owner FILE ..", "files inside an image", 2, kMany, declare_fat,
     fat},
    {"formats", "", "the formats and what each can", 0, 0, declare_formats, list_formats},
};

const Verb* find_verb(std::string_view name) {
  const auto* const found = std::ranges::find(kVerbs, name, &Verb::name);
  return found == std::end(kVerbs) ? nullptr : found;
}

void print_help(std::ostream& out) {
  out << "Usage: platter image VERB [options] FILE...\n\n";
  for (const Verb& verb : kVerbs) {
    out << "  " << verb.name << std::string(13 - verb.name.size(), ' ') << verb.summary << "\n";
  }
  out << "\nplatter image VERB --help lists a verb's options. Formats:";
  for (const storage::FormatDriver* format : storage::formats()) out << " " << format->name;
  out << "\n";
}

// Help was asked for: words for stdout instead of a run.
struct HelpWanted {
  std::string text;
};

// -o help, for the format that would be made.
void answer_options_help(const Verb& verb, const Arguments& a) {
  const auto asks = [](const std::string& word) { return word == "help" || word == "?"; };
  if (std::ranges::none_of(a.options, asks)) return;
  const bool makes_copy = verb.run == convert || verb.run == dd || verb.run == measure;
  const std::string& name = makes_copy ? a.output_format : a.format;
  const storage::FormatDriver* const format = storage::find_format(name.empty() ? "raw" : name);
  if (format == nullptr)
    throw UsageError("there is no format '" + storage::printable(name, 40) + "'");
  std::string text = "Options of format " + std::string(format->name) + ":\n";
  for (const storage::OptionSpec& option : format->create_options) {
    text += "  " + std::string(option.name) + "=" + std::string(option.values) + "  " +
            std::string(option.help) + "\n";
  }
  throw HelpWanted{std::move(text)};
}

Arguments parse(const Verb& verb, std::vector<std::string> words) {
  Arguments arguments;
  arguments.verb = verb.name;
  // As in qemu-img, `resize FILE -1G` is a size and no option.
  std::string relative_size;
  if (verb.run == resize && words.size() > 1 && words.back().size() > 1 &&
      words.back().starts_with('-') && words.back()[1] >= '0' && words.back()[1] <= '9') {
    relative_size = words.back();
    words.pop_back();
  }
  CLI::App app{"platter image " + std::string(verb.name) + " " + std::string(verb.operands) + ": " +
                   std::string(verb.summary),
               "platter image " + std::string(verb.name)};
  app.add_option("NAMES", arguments.names)->group("");
  app.add_flag("-q,--quiet", arguments.quiet, "say nothing but errors");
  app.add_option("--allow-dir", arguments.allow,
                 "names inside images may lead into this folder, too")
      ->allow_extra_args(false);
  app.add_option("--seed", arguments.seed, "make ids and time stamps from this number");
  verb.declare(app, arguments);
  std::ranges::reverse(words);
  try {
    app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    throw HelpWanted{app.help()};
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  if (!relative_size.empty()) arguments.names.push_back(relative_size);
  if (const auto* option = app.get_option_no_throw("-b"); option != nullptr) {
    arguments.parent_given = option->count() != 0;
  }
  answer_options_help(verb, arguments);
  if (arguments.names.size() < verb.least || arguments.names.size() > verb.most) {
    throw UsageError("expects: " + std::string(verb.name) + " " + std::string(verb.operands));
  }
  return arguments;
}

int run_verb(const Verb& verb, std::vector<std::string> words, const Surroundings& around) {
  const auto fail = [&](std::string line, int code) {
    std::ranges::replace(line, '\n', ' ');
    line.insert(0, "platter: ");
    if (line.size() > kMessageLimit) line.resize(kMessageLimit);
    around.err << line << '\n' << std::flush;
    return code;
  };
  try {
    const Arguments arguments = parse(verb, std::move(words));
    const int code = verb.run(Session(arguments, around));
    around.out.flush();
    if (!around.out) return fail("stdout: cannot be written", verb.error_code);
    return code;
  } catch (const HelpWanted& help) {
    around.out << help.text;
    return 0;
  } catch (const UsageError& error) {
    return fail("image " + std::string(verb.name) + ": " + error.what(), verb.error_code);
  } catch (const storage::Cancelled&) {
    return fail("image " + std::string(verb.name) + ": interrupted", kInterrupted);
  } catch (const std::bad_alloc&) {
    return fail("image " + std::string(verb.name) + ": not enough memory", verb.error_code);
  } catch (const std::exception& error) {
    return fail(error.what(), verb.error_code);
  }
}

}  // namespace

int run_image_command(std::span<const std::string> words, const Surroundings& around) {
  if (words.empty()) {
    print_help(around.err);
    return 1;
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_help(around.out);
    return 0;
  }
  const Verb* const verb = find_verb(words[0]);
  if (verb == nullptr) {
    around.err << "platter: image: there is no verb '" << storage::printable(words[0], 40)
               << "'; platter image --help lists them\n"
               << std::flush;
    return 1;
  }
  return run_verb(*verb, std::vector<std::string>(words.begin() + 1, words.end()), around);
}

}  // namespace emu::image_tool
