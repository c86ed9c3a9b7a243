// The verbs of `platter image` on every format of the driver table, by their words, replies and
// exit codes.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "storage/format.h"
#include "tests/catch.hpp"
#include "tests/emu/image_tool_rig.h"
#include "tests/support/temp_dir.h"

using nlohmann::json;
using support::ImageTool;
using support::ToolResult;

namespace {

std::vector<std::string> creatable_formats() {
  std::vector<std::string> names;
  for (const storage::FormatDriver* format : storage::formats()) {
    if (format->create != nullptr) names.emplace_back(format->name);
  }
  return names;
}

bool one_line(const std::string& text) {
  return std::ranges::count(text, '\n') == 1 && text.ends_with('\n') && text.size() <= 401;
}

}  // namespace

TEST_CASE("image: what io writes is read back, in every format", "[image]") {
  const std::string format = GENERATE(from_range(creatable_formats()));
  CAPTURE(format);
  ImageTool tool;
  REQUIRE(tool("create -f " + format + " d 8M").code == 0);
  const ToolResult io = tool("io -f " + format + " d",
                             "write -P 0xaa 1M 64k\n"
                             "read -P 0xaa 1M 64k\n"
                             "zero 1M 512\n"
                             "read -P 0 1M 512\n"
                             "read -P 0xaa 1049088 512\n"
                             "read -P 1 1M 512\n"
                             "read 8M 512\n"
                             "flush\n"
                             "nonsense\n"
                             "quit\n"
                             "read 0 512\n");
  CHECK(io.out ==
        "ok\nok\nok\nok\nok\n"
        "error: pattern verification failed at offset 1048576: 0 instead of 1\n"
        "error: beyond the end of the image\n"
        "ok\nerror: unknown command 'nonsense'\nok\n");
  CHECK(io.code == 1);
  CHECK(tool("check -f " + format + " d").code == 0);
}

TEST_CASE("image: io takes bytes that are no whole sectors", "[image]") {
  ImageTool tool;
  REQUIRE(tool("create d 64K").code == 0);
  const ToolResult io =
      tool("io -f raw d",
           "write -P 1 0 2048\nwrite -P 2 700 1000\nread -P 2 700 1000\nread -P 1 0 700\n"
           "read -v 699 2\nread -P 1 1700 348\n");
  CHECK(io.out == "ok\nok\nok\nok\nok 01 02\nok\n");
  CHECK(io.code == 0);
}

TEST_CASE("image: convert keeps the content through every format", "[image]") {
  const std::string format = GENERATE(from_range(creatable_formats()));
  CAPTURE(format);
  ImageTool tool;
  REQUIRE(tool("create s 8M").code == 0);
  REQUIRE(
      tool("io -f raw s", "write -P 1 0 512\nwrite -P 2 3000000 70000\nwrite -P 3 8388096 512\n")
          .code == 0);
  REQUIRE(tool("convert -m 1 -f raw -O " + format + " s t").code == 0);
  CHECK(tool("compare -f raw -F " + format + " s t").code == 0);
  REQUIRE(tool("convert -m 1 -f " + format + " -O raw t u").code == 0);
  CHECK(tool("compare -f raw -F raw s u").code == 0);

  SECTION("and into an image that is there, with its zeroes") {
    REQUIRE(tool("create e 8M").code == 0);
    REQUIRE(tool("io -f raw e", "write -P 9 0 8M\n").code == 0);
    REQUIRE(tool("convert -m 1 -n -f " + format + " -O raw t e").code == 0);
    CHECK(tool("compare -f raw -F raw s e").code == 0);
  }
  SECTION("and two of them one after the other") {
    REQUIRE(tool("convert -m 1 -f " + format + " -O raw t t v").code == 0);
    CHECK(tool("io -f raw v", "read -P 1 0 512\nread -P 1 8M 512\nread -P 3 16776704 512\n").out ==
          "ok\nok\nok\n");
  }
}

TEST_CASE("image: an interrupted convert leaves no target", "[image]") {
  const std::string format = GENERATE(from_range(creatable_formats()));
  CAPTURE(format);
  ImageTool tool;
  REQUIRE(tool("create s 8M").code == 0);
  REQUIRE(tool("io -f raw s", "write -P 1 0 8M\n").code == 0);
  int questions = 0;
  tool.interrupted = [&] { return ++questions > 3; };
  const ToolResult result = tool("convert -m 1 -f raw -O " + format + " s t");
  CHECK(result.code == 130);
  CHECK(one_line(result.err));
  CHECK(tool.host->names() == std::vector<std::string>{"s"});
}

TEST_CASE("image: compare has qemu-img's exit codes", "[image]") {
  ImageTool tool;
  REQUIRE(tool("create a 1M").code == 0);
  REQUIRE(tool("create b 1M").code == 0);
  REQUIRE(tool("create longer 2M").code == 0);
  CHECK(tool("compare -f raw -F raw a b").out == "Images are identical.\n");
  CHECK(tool("compare -f raw -F raw a longer").code == 0);
  CHECK(tool("compare -s -f raw -F raw a longer").code == 1);
  REQUIRE(tool("io -f raw b", "write -P 5 1000 1\n").code == 0);
  const ToolResult differ = tool("compare -f raw -F raw a b");
  CHECK(differ.code == 1);
  CHECK(differ.out == "Content mismatch at offset 512!\n");
  CHECK(tool("compare -f raw -F raw a nothing").code == 2);
  CHECK(tool("compare a").code == 2);
  const json difference = json::parse(tool("diff --output json -f raw -F raw a b").out);
  CHECK(difference["sectors"] == 1);
  CHECK(difference["differences"][0]["lba"] == 1);
}

TEST_CASE("image: map covers the whole disk once, in order", "[image]") {
  const std::string format = GENERATE(from_range(creatable_formats()));
  CAPTURE(format);
  ImageTool tool;
  REQUIRE(tool("create -f " + format + " d 8M").code == 0);
  REQUIRE(tool("io -f " + format + " d", "write -P 1 1M 64k\nwrite -P 1 5M 64k\n").code == 0);
  const json info = json::parse(tool("info --output json -f " + format + " d").out);
  const json map = json::parse(tool("map --output json -f " + format + " d").out);
  std::uint64_t at = 0;
  for (const json& entry : map) {
    CHECK(entry["start"] == at);
    at += entry["length"].get<std::uint64_t>();
    if (at > (1 << 20) && at <= (1 << 20) + 65536) CHECK(entry["data"] == true);
  }
  CHECK(at == info["virtual-size"]);
}

TEST_CASE("image: resize takes sizes and differences, and cuts only when told", "[image]") {
  ImageTool tool;
  REQUIRE(tool("create d 1M").code == 0);
  const auto size = [&] {
    return json::parse(tool("info -f raw --output json d").out)["virtual-size"].get<int>();
  };
  CHECK(tool("resize -f raw d +1.5K").code == 0);
  CHECK(size() == (1 << 20) + 1536);
  const ToolResult refused = tool("resize -f raw d -512");
  CHECK(refused.code == 1);
  CHECK(one_line(refused.err));
  CHECK(tool("resize -f raw --shrink d -512").code == 0);
  CHECK(size() == (1 << 20) + 1024);
  CHECK(tool("resize -f raw d -4M").code == 1);
  CHECK(tool("resize -f raw d 2M").code == 0);
  CHECK(size() == 2 << 20);
}

TEST_CASE("image: bad input is one line on stderr and nothing on stdout", "[image]") {
  ImageTool tool;
  const std::uint8_t junk[] = {1, 2, 3};
  tool.host->put("junk", junk);
  const std::string words = GENERATE(
      as<std::string>(), "info nothing", "info -f raw junk", "map nothing", "check -f raw nothing",
      "convert nothing x", "create x", "create x 1Q", "create -f nope x 1M", "create -o a=b x 1M",
      "create x 99999999999999999999", "resize nothing 1M", "commit nothing", "rebase nothing",
      "rebase -b x nothing", "flatten nothing", "compact nothing", "measure", "dd if=a",
      "dd if=a of=b bs=0", "dd if=a of=b zz=1", "io nothing", "bench nothing", "bench -s 100 junk",
      "fat", "fat ls nothing", "fat zap nothing", "snapshot nothing", "bogus", "info --bogus x",
      "info", "info a b", "map --start-offset x junk", "convert -m 99 junk x");
  CAPTURE(words);
  const ToolResult result = tool(words);
  CHECK(result.code == 1);
  CHECK(result.out.empty());
  CHECK(result.err.starts_with("platter: "));
  CHECK(one_line(result.err));
}

TEST_CASE("image: chains are made, shown, committed, rebased and flattened", "[image]") {
  std::vector<std::string> with_parents;
  for (const storage::FormatDriver* format : storage::formats()) {
    if (format->has_parents && format->create != nullptr) with_parents.emplace_back(format->name);
  }
  if (with_parents.empty()) return;
  const std::string format = GENERATE_COPY(from_range(with_parents));
  CAPTURE(format);
  ImageTool tool;
  const std::string f = " -f " + format + " ";
  // The base is raw where the child can name such a one, else of the child's own format.
  REQUIRE(tool("create base.raw 4M").code == 0);
  REQUIRE(tool("io -f raw base.raw", "write -P 1 0 4M\n").code == 0);
  std::string base = "base.raw";
  if (tool("create" + f + "-b base.raw -F raw child").code != 0) {
    base = "base";
    REQUIRE(tool("convert -m 1 -f raw -O " + format + " base.raw base").code == 0);
    REQUIRE(tool("create" + f + "-b base -F " + format + " child").code == 0);
  }
  REQUIRE(tool("io" + f + "child", "write -P 2 1M 4k\n").code == 0);
  CHECK(tool("io" + f + "child", "read -P 1 0 1M\nread -P 2 1M 4k\nread -P 1 2M 2M\n").code == 0);
  CHECK(json::parse(tool("info --chain --output json" + f + "child").out).size() == 2);
  REQUIRE(tool("convert -m 1" + f + "-O raw child expected").code == 0);

  SECTION("flatten") {
    CHECK(tool("flatten" + f + "child").code == 0);
    CHECK(json::parse(tool("info --chain --output json" + f + "child").out).size() == 1);
  }
  SECTION("commit") {
    CHECK(tool("commit" + f + "child").code == 0);
    CHECK(tool("compare -F raw " + base + " expected" + (base == "base" ? f : " -f raw")).code ==
          0);
  }
  CHECK(tool("compare" + f + "-F raw child expected").code == 0);
  CHECK(tool("check" + f + "child").code == 0);
}

TEST_CASE("image: commit names the parent's other children, which it makes invalid", "[image]") {
  const std::string format = GENERATE("vmdk", "vhd", "cowd", "growable");
  CAPTURE(format);
  const support::TempDir folder;
  const auto file = [&](const std::string& name) { return (folder.path() / name).native(); };
  const auto run = [](const std::vector<std::string>& words) {
    std::istringstream in;
    std::ostringstream out, err;
    ToolResult result;
    result.code = emu::image_tool::run_image_command(words, {.in = in, .out = out, .err = err});
    result.out = out.str();
    result.err = err.str();
    return result;
  };
  const auto child_of = [&](const std::string& parent, const std::string& child) {
    REQUIRE(run({"create", "-q", "-f", format, "-b", parent, "-F", format, file(child)}).code == 0);
  };
  REQUIRE(run({"create", "-q", "-f", format, file("base"), "4M"}).code == 0);
  REQUIRE(run({"create", "-q", "-f", format, file("apart"), "4M"}).code == 0);
  child_of("base", "first");
  child_of("apart", "fourth");
  folder.with("notes.txt", "no image");
  SECTION("an only child") {
    const ToolResult committed = run({"commit", "--output", "json", file("first")});
    CHECK(committed.err.empty());
    CHECK(json::parse(committed.out)["invalid-children"].empty());
  }
  SECTION("two more, and one of another parent") {
    child_of("base", "second");
    child_of("base", "third");
    const std::string write = "write -P 2 1M 4k";
    REQUIRE(run({"io", "-f", format, "-c", write, file("first")}).code == 0);
    const ToolResult committed = run({"commit", "--output", "json", file("first")});
    CHECK(committed.code == 0);
    CHECK(json::parse(committed.out)["invalid-children"] == json({file("second"), file("third")}));
    CHECK(committed.err == "platter: warning: " + file("base") +
                               ": changes, and its other children are not valid any more: " +
                               file("second") + ", " + file("third") + "\n");
    // The child that was committed is.
    CHECK(run({"io", "-f", format, "-c", "read -P 2 1M 4k", file("first")}).code == 0);
  }
}

TEST_CASE("image: bench says what it did in words that a script can cut apart", "[image]") {
  ImageTool tool;
  REQUIRE(tool("create d 1M").code == 0);
  const ToolResult line = tool("bench -f raw -c 300 -s 4k -w --pattern 7 --flush-interval 100 d");
  CHECK(line.code == 0);
  CHECK(
      line.out.starts_with("operation=write format=raw random=0 request_bytes=4096 requests=300 "
                           "bytes=1228800 open_ms="));
  CHECK(line.out.find(" requests_per_second=") != std::string::npos);
  CHECK(line.out.find(" mb_per_second=") != std::string::npos);
  CHECK(tool("io -f raw d", "read -P 7 0 1M\n").code == 0);
  CHECK(json::parse(tool("bench -f raw -c 5 --random --output json d").out)["requests"] == 5);
}

TEST_CASE("image: every verb that does something says so in JSON when asked", "[image]") {
  ImageTool tool;
  const auto facts = [&](const std::string& words) {
    const ToolResult result = tool(words + " --output json");
    INFO(words << ": " << result.err);
    REQUIRE(result.code == 0);
    return json::parse(result.out);
  };
  CHECK(facts("create -f vmdk base.vmdk 4M")["format"] == "vmdk");
  CHECK(facts("create -f vmdk -b base.vmdk -F vmdk c.vmdk")["filename"] == "c.vmdk");
  CHECK(facts("io -c length c.vmdk")["reply"] == "4194304");
  CHECK(facts("convert -O raw c.vmdk c.raw")["virtual-size"] == 4 << 20);
  CHECK(facts("dd if=c.vmdk of=d.raw bs=1M count=2")["virtual-size"] == 2 << 20);
  CHECK(facts("snapshot c.vmdk s.vmdk")["backing-filename"] == "c.vmdk");
  CHECK(facts("commit s.vmdk")["backing-filename"] == "c.vmdk");
  CHECK(facts("rebase -b base.vmdk s.vmdk")["backing-filename"] == "base.vmdk");
  CHECK(facts("flatten s.vmdk")["backing-filename"].is_null());
  CHECK(facts("resize s.vmdk 5M")["virtual-size"] == 5 << 20);
  CHECK(facts("compact s.vmdk").contains("actual-size"));
  CHECK(facts("measure -O vmdk s.vmdk").contains("required"));
  CHECK(facts("check s.vmdk")["corruptions"] == 0);
  CHECK(facts("check --chain c.vmdk").size() == 2);
  CHECK(facts("info --chain c.vmdk").size() == 2);
  CHECK(facts("map c.vmdk").is_array());
  CHECK(facts("compare s.vmdk s.vmdk").is_object());
  CHECK(facts("bench -c 3 s.vmdk")["requests"] == 3);
  CHECK(facts("formats").is_array());
}

TEST_CASE("image: -o help lists a format's options without a file", "[image]") {
  ImageTool tool;
  for (const std::string words : {"create -f vmdk -o help", "convert -O vmdk -o help",
                                  "measure -O vmdk -o help", "dd -O vmdk -o ?"}) {
    const ToolResult result = tool(words);
    INFO(words);
    CHECK(result.code == 0);
    CHECK(result.out.find("  subformat=monolithicSparse|") != std::string::npos);
  }
  CHECK(tool("create -f nope -o help").code == 1);
}

TEST_CASE("image: qemu-img's words for VMDK options mean the same", "[image]") {
  ImageTool tool;
  REQUIRE(
      tool("create -f vmdk -o compat6,toolsversion=2147483647,adapter_type=lsilogic a 1M").code ==
      0);
  const auto bytes = tool.host->bytes("a").all();
  const std::string text(bytes.begin(), bytes.end());
  CHECK(text.find("ddb.virtualHWVersion = \"6\"") != std::string::npos);
  CHECK(text.find("ddb.toolsVersion = \"2147483647\"") != std::string::npos);
  CHECK(text.find("ddb.adapterType = \"lsilogic\"") != std::string::npos);
  CHECK(tool("create -f vmdk -o compat6,hwversion=7 b 1M").code == 1);
  CHECK(tool("create -f vmdk -o backing_file=a,backing_fmt=vmdk c").code == 0);
  CHECK(json::parse(tool("info --output json c").out)["backing-filename"] == "a");
  const ToolResult listed = tool("snapshot -l a");
  CHECK(listed.code == 1);
  CHECK(listed.err.find("info --chain") != std::string::npos);
}

TEST_CASE("image: rebase --moved follows a parent that was renamed, and no other", "[image]") {
  ImageTool tool;
  REQUIRE(tool("create -f vmdk base 1M").code == 0);
  REQUIRE(tool("io base", "write -P 1 0 64k\n").code == 0);
  REQUIRE(tool("create -f vmdk -b base -F vmdk child").code == 0);
  REQUIRE(tool("create -f vmdk other 1M").code == 0);
  REQUIRE(tool.host->root()->rename("base", "renamed") == storage::IoStatus::ok);
  const auto wrong = tool("rebase --moved -b other child");
  CHECK(wrong.code == 1);
  CHECK_THAT(wrong.err, Catch::Matchers::Contains("is not the parent of"));
  CHECK(json::parse(tool("info --output json child").out)["backing-filename"] == "base");
  CHECK(tool("rebase -f vmdk --moved -b renamed child").code == 0);
  CHECK(tool("io -r child", "read -P 1 0 64k\n").code == 0);
  CHECK(tool("rebase --moved -u -b renamed child").code == 1);
}

TEST_CASE("image: rebase and flatten leave a layer's own children valid", "[image]") {
  ImageTool tool;
  REQUIRE(tool("create -f vmdk base 1M").code == 0);
  REQUIRE(tool("io base", "write -P 1 0 64k\n").code == 0);
  REQUIRE(tool("create -f vmdk -b base -F vmdk middle").code == 0);
  REQUIRE(tool("create -f vmdk other 1M").code == 0);
  REQUIRE(tool("create -f vmdk -b middle -F vmdk top").code == 0);
  CHECK(tool("rebase -b other middle").code == 0);
  CHECK(tool("io -r top", "read -P 1 0 64k\n").code == 0);
  CHECK(tool("flatten middle").code == 0);
  CHECK(tool("io -r top", "read -P 1 0 64k\n").code == 0);
  // The record alone, for a parent that is there or comes later.
  CHECK(tool("rebase -u -b base middle").code == 0);
  CHECK(tool("io -r middle", "read -P 1 0 64k\n").code == 0);
  CHECK(tool("rebase -u -b later middle").code == 0);
  CHECK(json::parse(tool("info --output json middle").out)["backing-filename"] == "later");
}
