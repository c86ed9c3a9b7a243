// `platter image fat`, diff and map with owners, on a floppy that is formatted here by hand.
#include <array>
#include <nlohmann/json.hpp>

#include "storage/fat_volume.h"
#include "storage/memory_device.h"
#include "tests/catch.hpp"
#include "tests/emu/image_tool_rig.h"
#include "tests/support/temp_dir.h"

using nlohmann::json;
using support::ImageTool;

namespace {

// [FAT] 3: a 1.44 MB floppy, one sector a cluster.
std::vector<std::uint8_t> empty_floppy() {
  std::vector<std::uint8_t> disk(2880 * 512);
  const auto word = [&](std::size_t at, unsigned value) {
    disk[at] = static_cast<std::uint8_t>(value & 0xFF);
    disk[at + 1] = static_cast<std::uint8_t>(value >> 8);
  };
  disk[0] = 0xEB;
  disk[1] = 0x3C;
  disk[2] = 0x90;
  word(11, 512);
  disk[13] = 1;
  word(14, 1);
  disk[16] = 2;
  word(17, 224);
  word(19, 2880);
  disk[21] = 0xF0;
  word(22, 9);
  word(24, 18);
  word(26, 2);
  word(510, 0xAA55);
  for (const std::size_t fat : {1U * 512U, 10U * 512U}) {
    disk[fat] = 0xF0;
    disk[fat + 1] = disk[fat + 2] = 0xFF;
  }
  return disk;
}

}  // namespace

TEST_CASE("image fat: files and folders come and go", "[image][fat]") {
  ImageTool tool;
  const support::TempDir host;
  tool.host->put("a.img", empty_floppy());
  const auto text = host.with("hello.txt", std::string(1300, 'x') + "end\n");
  const auto fat = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "fat");
    return tool.run(words);
  };
  REQUIRE(fat({"mkdir", "a.img", "/DOS", "/dos/deep"}).code == 0);
  REQUIRE(fat({"put", "a.img", text, "/dos/hello.txt"}).code == 0);
  CHECK(fat({"cat", "a.img", "\\DOS\\HELLO.TXT"}).out == std::string(1300, 'x') + "end\n");
  const json list = json::parse(fat({"ls", "--output", "json", "a.img", "/dos"}).out);
  CHECK(list["fat-bits"] == 12);
  REQUIRE(list["entries"].size() == 2);
  CHECK(list["entries"][1]["name"] == "HELLO.TXT");
  CHECK(list["entries"][1]["size"] == 1304);

  SECTION("sectors have owners") {
    CHECK(fat({"owner", "a.img", "0", "1", "19", "2879"}).out ==
          "0 0:boot sector\n1 0:FAT\n19 0:/\n2879 -\n");
    CHECK(fat({"owner", "a.img", "35"}).out == "35 0:/DOS/HELLO.TXT\n");
    CHECK(tool("map --owner -f raw a.img").out.find("0:/DOS/HELLO.TXT") != std::string::npos);
  }
  SECTION("a difference is named after its file") {
    REQUIRE(tool("convert -m 1 -f raw -O raw a.img b.img").code == 0);
    REQUIRE(tool("io -f raw b.img", "write -P 9 17920 512\n").code == 0);
    const auto diff = tool("diff --owner -f raw -F raw a.img b.img");
    CHECK(diff.code == 1);
    CHECK(diff.out == "lba 35 count 1  0:/DOS/HELLO.TXT\n1 sectors differ\n");
  }
  SECTION("what is replaced or removed gives its room back") {
    const auto free_bytes = [&] {
      return json::parse(fat({"ls", "--output", "json", "a.img"}).out)["free"].get<int>();
    };
    const int before = free_bytes();
    const auto small = host.with("small", "1");
    CHECK(fat({"put", "a.img", small, "/dos/hello.txt"}).code == 0);
    CHECK(free_bytes() == before + 2 * 512);
    CHECK(fat({"rm", "a.img", "/dos/hello.txt"}).code == 0);
    CHECK(free_bytes() == before + 3 * 512);
    CHECK(fat({"cat", "a.img", "/dos/hello.txt"}).code == 1);
    CHECK(fat({"rm", "a.img", "/dos"}).code == 1);
    CHECK(fat({"rm", "a.img", "/dos/deep", "/dos"}).code == 0);
  }
  SECTION("names that DOS does not have are refused") {
    CHECK(fat({"put", "a.img", text, "/toolongname.txt"}).code == 1);
    CHECK(fat({"put", "a.img", text, "/a?b"}).code == 1);
    CHECK(fat({"put", "a.img", text, "/nofolder/x"}).code == 1);
    CHECK(fat({"mkdir", "a.img", "/dos"}).code == 1);
  }
  SECTION("a full folder and a full disk say so") {
    const auto big = host.with("big", std::string(1460000, 'b'));
    CHECK(fat({"put", "a.img", big, "/big"}).code == 1);
    bool full = false;
    for (int i = 0; i < 230 && !full; ++i) {
      full = fat({"mkdir", "a.img", "/D" + std::to_string(i)}).code != 0;
    }
    CHECK(full);
    CHECK(fat({"cat", "a.img", "/dos/hello.txt"}).code == 0);
  }
}

TEST_CASE("fat: damaged chains and folders are refused, never followed in a circle", "[fat]") {
  ImageTool tool;
  const support::TempDir host;
  tool.host->put("a.img", empty_floppy());
  const auto text = host.with("f", std::string(2000, 'x'));
  REQUIRE(tool.run({"fat", "mkdir", "a.img", "/D"}).code == 0);      // cluster 2
  REQUIRE(tool.run({"fat", "put", "a.img", text, "/F"}).code == 0);  // clusters 3-6
  const std::string poke = GENERATE(as<std::string>(),
                                    "write -P 0x02 515 1\nwrite -P 0x20 516 1\n",  // 2 -> 2
                                    "write -P 0xEE 515 6\n",                       // out of range
                                    "write -P 0 515 6\n",                          // free
                                    "write -P 0xFF 9728 512\n",                    // root: rubbish
                                    "write -P 0x41 16896 512\n");  // folder: rubbish
  REQUIRE(tool("io -f raw a.img", poke).code == 0);
  for (const char* words :
       {"fat ls a.img /D", "fat cat a.img /F", "fat owner a.img 34", "fat mkdir a.img /D/X",
        "fat rm a.img /F", "map --owner -f raw a.img"}) {
    const auto result = tool(words);
    CHECK((result.code == 0 || result.code == 1));
  }
}

TEST_CASE("fat: boot sectors that cannot be true are no volume", "[fat]") {
  const std::size_t field = GENERATE(range(std::size_t{11}, std::size_t{48}));
  const std::uint8_t value = GENERATE(as<std::uint8_t>(), 0x00, 0x01, 0x7F, 0xFF);
  std::vector<std::uint8_t> disk = empty_floppy();
  disk[field] = value;
  ImageTool tool;
  tool.host->put("a.img", disk);
  const int code = tool("fat ls a.img").code;
  CHECK((code == 0 || code == 1));
}
