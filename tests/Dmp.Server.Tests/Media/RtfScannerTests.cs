using System.Text;
using Dmp.Server.Media;
using Xunit;

namespace Dmp.Server.Tests.Media;

/// <summary>RTF that acts, carries files or fetches something is told from text with pictures and tables.</summary>
public sealed class RtfScannerTests
{
    [Theory]
    [InlineData(@"{\rtf1{\object\objocx\objupdate{\*\objclass Equation.3}{\*\objdata 0105}}}", "Object")]
    [InlineData(@"{\rtf1{\object\objemb{\*\objdata 0105}}}", "Object")]
    [InlineData("{\\rtf1{\\object\\objautlink{\\*\\objdata\n01\n05}}}", "Object")]
    [InlineData(@"{\rtf1{\*\unknown{\*\objdata 0105}}}", "Object")]
    [InlineData(@"{\rtf1{\OBJECT\ObjEmb}}", "Object")]
    [InlineData(@"{\rtf1\bin12 {{{{{\object\objemb}", "Object")]
    [InlineData(@"{\rtf1{\field{\*\fldinst DDEAUTO c:\\windows\\cmd.exe}{\fldrslt x}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst {\b D}{\i DE} a b}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst \'44\'44\'45AUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst \u68?\u68?EAUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst {\field{\*\fldinst QUOTE 68 68 69 65 85 84 79}} a}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst INCLUDEPICTURE ""https://example.org/a.png"" \\d}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst  includetext ""a""}}}", "Field")]
    [InlineData(@"{\rtf1{\*\template https://example.org/a.dotm}}", "Remote")]
    [InlineData(@"{\rtf1{\*\template \\\\example.org\\a.dotm}}", "Remote")]
    [InlineData(@"{\rtf1{\*\template \u104?ttps\'3a//example.org/a.dotm}}", "Remote")]
    [InlineData(@"{\rtf1{\shp{\sp{\sn pibName}{\sv https://example.org/a.png}}}}", "Remote")]
    [InlineData(@"{\rtf1{\*\mailmerge{\mmconnectstr x}}}", "Remote")]
    [InlineData(@"{\rtf1{\*\template https://example.org/a.dotm", "Remote")]
    [InlineData(@"{\rtf1{\field{\*\fldinst \u32{}DDEAUTO c:\\windows\\cmd.exe}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst {\u32}DDEAUTO c:\\windows\\cmd.exe}}}", "Field")]
    [InlineData(@"{\rtf1{\uc16}{\field{\*\fldinst \u32? DDEAUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1\uc2{\uc16\uc9}{\field{\*\fldinst \u32??DDEAUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1\uc3{\field{\*\fldinst {\uc0\u68}\u68 ???EAUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1\uc20{\field{\*\fldinst \u32 ????????????????????DDEAUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst \u32\b DDEAUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst \u32\~DDEAUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst \u32\-DDEAUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst \u32\{DDEAUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst \u32\'3fDDEAUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst \u32\bin3 ???DDEAUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst \u32\uc9\u68?DEAUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst \u68\u68\u69AUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1\UC9{\field{\*\fldinst \u68?\U120DEAUTO a b}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst {\*\unknown X}INCLUDETEXT a}}}", "Field")]
    [InlineData(@"{\rtf1{\field{\*\fldinst INCLUDETEXT\page a}}}", "Field")]
    [InlineData(
        @"{\rtf1{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn"
        + @"{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\sn{\*\template C:\\a", "Remote")]
    [InlineData(@"{\rtf1\bin48 {\field{\*\fldinst INCLUDEPICTURE ""https://a/""}}}", "Field")]
    [InlineData(@"{\rtf1\bin33 {\field{\*\fldinst INCLUDEPICTURE ""https://a/""}}}", "Field")]
    [InlineData(@"{\rtf1\bin9 {\*\template https://example.org/a.dotm}}", "Remote")]
    [InlineData(@"{\rtf1\bin00000000000013 {\*\template }{\field{\*\fldinst LINK a}}}", "Field")]
    [InlineData(@"{\rtf1\BIN99 {\field{\*\fldinst LINK a}}}", "Field")]
    [InlineData(@"{\rtf1\ansi Bonjour\par{\pict\pngblip 89504e47}\trowd\cellx100\intbl x\cell\row{\header a}{\footer b}}", "")]
    [InlineData(@"{\rtf1{\*\template C:\\Users\\martin\\Normal.dotm}{\info{\title object}}}", "")]
    [InlineData(@"{\rtf1{\field{\*\fldinst HYPERLINK ""https://example.org""}{\fldrslt ici}} page {\field{\*\fldinst PAGE}}}", "")]
    [InlineData(@"{\rtf1{\field{\*\fldinst \uc1\u72?YPERLINK ""https://example.org/{\*\bkmkstart INCLUDETEXT}""}}}", "")]
    [InlineData(@"{\rtf1{\shp{\sp{\sn pib}{\sv{\pict\pngblip\bin24 PNG http://ns.adobe.com/}}}}}", "")]
    [InlineData(@"{\rtf1{\uc0{\uc0{\uc0 \u233}}}\u233?t\u233?}", "")]
    [InlineData(@"{\rtf1 le mot object, \\object et \{\\objdata\}\pict\bin9 {\obj{{{{ fin}", "")]
    public void What_acts_is_found(string rtf, string found)
    {
        foreach (var chunk in (int[])[1, 3, 4096])
        {
            var scanner = new RtfScanner();
            foreach (var piece in Encoding.Latin1.GetBytes(rtf).Chunk(chunk))
            {
                scanner.Write(piece);
            }

            Assert.Equal(found, string.Join(", ", scanner.Conclude().Active));
        }
    }

    [Theory]
    [InlineData(@"{\rtf1 {a}}", true)]
    [InlineData(@"{\rtf1 {a}", false)]
    [InlineData(@"{\rtf1 \{}", true)]
    [InlineData(@"{\rtf1\bin3 }}}}", true)]
    [InlineData(@"{\rtf1", false)]
    public void Groups_that_are_not_closed_are_noticed(string rtf, bool isWhole)
    {
        var scanner = new RtfScanner();
        scanner.Write(Encoding.Latin1.GetBytes(rtf));
        Assert.Equal(isWhole, scanner.Conclude().IsWhole);
    }

    /// <summary>What is behind the end of the file cannot be there; a reader that counts otherwise finds text in its place.</summary>
    [Theory]
    [InlineData(@"{\rtf1\bin4 abcd}", false)]
    [InlineData(@"{\rtf1\bin5 abcd}", false)]
    [InlineData(@"{\rtf1\bin6 abcd}", true)]
    [InlineData(@"{\rtf1\bin4294967300 abcd}", true)]
    [InlineData(@"{\rtf1\bin99999999999999999999 abcd}", true)]
    public void Binary_data_that_is_longer_than_the_file_is_refused(string rtf, bool isRefused)
    {
        var scanner = new RtfScanner();
        scanner.Write(Encoding.Latin1.GetBytes(rtf));
        var fault = ContentInspector.RtfFault(scanner.Conclude());
        Assert.Equal(isRefused ? MediaFaultKind.Damaged : null, fault?.Kind);
    }

    [Fact]
    public void Hostile_texts_cost_little()
    {
        foreach (var rtf in (string[])
        [
            new('{', 5_000_000), string.Concat(Enumerable.Repeat(@"{\fldinst ", 500_000)),
            string.Concat(Enumerable.Repeat(@"{\uc2 ", 500_000)), @"{\" + new string('a', 5_000_000),
        ])
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var scanner = new RtfScanner();
            scanner.Write(Encoding.Latin1.GetBytes(rtf));
            scanner.Conclude();
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 100 * 1024 * 1024);
        }
    }
}
