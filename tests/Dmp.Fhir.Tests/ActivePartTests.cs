using System.Text;
using System.Text.Json;
using Xunit;

namespace Dmp.Fhir.Tests;

/// <summary>Narratives that would act when they are shown, and those that only look so.</summary>
public sealed class ActivePartTests
{
    private const string Place = "Bundle.entry[1].resource.text.div";

    [Theory]
    [InlineData("<script>x</script>", "script")]
    [InlineData("<SCRIPT/>", "script")]
    [InlineData("<_:script xmlns:_=\"http://www.w3.org/1999/xhtml\"/>", "script")]
    [InlineData("<h:script xmlns:h=\"http://www.w3.org/1999/xhtml\"/>", "script")]
    [InlineData("<form action=\"x\"/>", "form")]
    [InlineData("<input/>", "form")]
    [InlineData("<button>x</button>", "form")]
    [InlineData("<select/>", "form")]
    [InlineData("<textarea/>", "form")]
    [InlineData("<iframe/>", "frame")]
    [InlineData("<frameset><frame/></frameset>", "frame")]
    [InlineData("<object/>", "object")]
    [InlineData("<embed/>", "object")]
    [InlineData("<applet/>", "object")]
    [InlineData("<base href=\"x\"/>", "head element")]
    [InlineData("<link rel=\"x\"/>", "head element")]
    [InlineData("<meta/>", "head element")]
    [InlineData("<style>p{}</style>", "style element")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "drawing")]
    [InlineData("<math/>", "drawing")]
    [InlineData("<audio/>", "media")]
    [InlineData("<video/>", "media")]
    [InlineData("<noscript/>", "raw text")]
    [InlineData("<p onclick=\"x\"/>", "event attribute")]
    [InlineData("<p ONLOAD = 'x'/>", "event attribute")]
    [InlineData("<a href=\"javascript:x\"/>", "script address")]
    [InlineData("<a href=\" JavaScript:x\"/>", "script address")]
    [InlineData("<a href=\"java\tscript:x\"/>", "script address")]
    [InlineData("<a href=\"java&#x0A;script&#58;x\"/>", "script address")]
    [InlineData("<a href=\"&#106;avascript:x\"/>", "script address")]
    [InlineData("<a href=\"&#x6A;&#97;vascript:x\"/>", "script address")]
    [InlineData("<a href=\"java\u200Bscript:x\"/>", "script address")]
    [InlineData("<a href=\"vbscript:x\"/>", "script address")]
    [InlineData("<a x:href=\"javascript:x\" xmlns:x=\"http://www.w3.org/1999/xlink\"/>", "script address")]
    [InlineData("<blockquote cite=\"javascript:x\"/>", "script address")]
    [InlineData("<a href=\"data:text/html,x\"/>", "data address")]
    [InlineData("<img src=\"data:text/html,x\"/>", "data address")]
    [InlineData("<p background=\"data:image/png,x\"/>", "data address")]
    [InlineData("<p srcdoc=\"x\"/>", "page in an attribute")]
    [InlineData("<p style=\"width: EXPRESSION (x)\"/>", "active style")]
    [InlineData("<p style=\"background: url(x)\"/>", "active style")]
    [InlineData("<p style=\"background: u\\72l(x)\"/>", "active style")]
    [InlineData("<p style=\"a: exp/**/ression(x)\"/>", "active style")]
    [InlineData("<p><!--> <img src=\"x\" onerror=\"x\"/> --></p>", "hidden markup")]
    [InlineData("<!--><img a=\"-->t\" src=\"q\" onerror=\"x\"/>", "hidden markup")]
    [InlineData("<!--> <p title=\"-->\"/>-->", "hidden markup")]
    [InlineData("<p><![CDATA[><script>x</script>]]></p>", "hidden markup")]
    [InlineData("<?x ><script>x</script>?>", "hidden markup")]
    public void What_acts_is_told_in_both_formats(string markup, string what)
    {
        var div = $"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>mots</p>{markup}<script/></div>";
        foreach (var bytes in Both(div))
        {
            Assert.Equal(new FhirActivePart(Place, what), Assert.Single(PartTests.Read(bytes)));
        }
    }

    [Theory]
    [InlineData("<p>&lt;script&gt; onload=x javascript:x</p>")]
    [InlineData("<p title=\"data: 12, onload=x\" class=\"on\" xmlns:onto=\"urn:x\">a &#60;script</p>")]
    [InlineData("<a href=\"https://example.org/javascript:x?a=1&amp;b=2\" name=\"a\"/>")]
    [InlineData("<a href=\"#javascript\"/>")]
    [InlineData("<p style=\"color: red; width: 10px\"><b>gras</b><sub>2</sub></p>")]
    [InlineData("<table><caption>x</caption><colgroup><col width=\"1\"/></colgroup><tbody><tr><td>1 &gt; 0</td></tr></tbody></table>")]
    [InlineData("<p><!-- remarque --><img src=\"#image\" alt=\"x\"/></p>")]
    public void What_only_looks_so_is_left_alone(string markup)
    {
        var div = $"<div xmlns=\"http://www.w3.org/1999/xhtml\">{markup}</div>";
        foreach (var bytes in Both(div))
        {
            Assert.Empty(PartTests.Read(bytes));
        }
    }

    /// <summary>JSON holds markup as a text, so that any broken piece may stand there.</summary>
    [Theory]
    [InlineData("<div>&nbsp;&eacute;<script>", "script")]
    [InlineData("<img src=x<1 onerror=alert(1)>", "event attribute")]
    [InlineData("<img src=x</p onerror=alert(1)>", "event attribute")]
    [InlineData("<p x<! onclick=alert(1)>", "event attribute")]
    [InlineData("<p<1 onclick=alert(1)>", "event attribute")]
    [InlineData("<img src=\u000b\"a onerror=alert(1) b=x\">", "event attribute")]
    [InlineData("<img src=\0\"a onerror=alert(1) b=x\">", "event attribute")]
    [InlineData("<!-- <p x=\"--><img a='\" y=' src=q onerror=alert(1) z=''>", "event attribute")]
    [InlineData("<!-- <p x=\"--><a b='\" y=' href=&#106;ava&Tab;script:x z=''>", "script address")]
    [InlineData("<!-- <p x=\"--><p b='\" y=' style=a:url(x) z=''>", "active style")]
    [InlineData("<br><a href=data:text/html,x>", "data address")]
    [InlineData("</script onload=x>", "event attribute")]
    [InlineData("<div><scr<script>ipt>", "script")]
    [InlineData("<div><p a='<script>", "script")]
    [InlineData("<div><p a=\"><script>\">", "script")]
    [InlineData("<div><scr\0ipt>", "script")]
    [InlineData("<div><script", "script")]
    [InlineData("<div>&bad<img src=x onload=x>", "event attribute")]
    [InlineData("<img/onerror=x", "event attribute")]
    [InlineData("<img alt=\"x\"onerror=x>", "event attribute")]
    [InlineData("<img src=x <p onload\n=\n'x'>", "event attribute")]
    [InlineData("<img \"onerror=x>", "event attribute")]
    [InlineData("<img alt=\"x onerror=x>", "event attribute")]
    [InlineData("<a href=javascript:x>", "script address")]
    [InlineData("<a href='java&Tab;script&colon;x'>", "script address")]
    [InlineData("<a href='&#0000106avascript:x'>", "script address")]
    [InlineData("<a href='java&nothing;script:x'>", "script address")]
    [InlineData("<p style='a:url&lpar;x)'>", "active style")]
    [InlineData("<!DOCTYPE div [<!ENTITY a '&#60;script>'>]><div>&a;</div>", "document type")]
    [InlineData("<?xml-stylesheet href='x'?><div/>", "stylesheet")]
    [InlineData("no markup <object data=x", "object")]
    public void Broken_markup_hides_nothing(string div, string what) => Assert.Equal(
        new FhirActivePart(Place, what), Assert.Single(PartTests.Read(Json(div))));

    [Theory]
    [InlineData("<div>&nbsp;&eacute;&bad; a < b > c &")]
    [InlineData("<div><br><p>x")]
    [InlineData("<p>INR <norme on 2 days, <2 on=3 days</p>")]
    [InlineData("<")]
    [InlineData("<a")]
    [InlineData("<a b='")]
    public void Broken_markup_alone_is_no_fault(string div) =>
        Assert.Empty(PartTests.Read(Json(div)));

    [Fact]
    public void Only_a_div_in_a_text_is_a_narrative_in_json()
    {
        Assert.Empty(PartTests.Read(PartTests.Json(
            "\"div\":\"<script>\",\"note\":[{\"text\":\"<script>\"}],\"text\":{\"status\":\"<script>\",\"a\":{\"div\":\"<script>\"}}")));
        Assert.Equal(
            ["Bundle.entry[1].resource.section.text.div", "Bundle.entry[1].resource.section[2].section.text.div"],
            PartTests.Read(PartTests.Json(
                """
                "section":[{"text":{"div":"<script>"}},{"text":{"div":"<p>"}},
                {"section":[{"t\u0065xt":{"div":"\u003cscript>"}}]}]
                """)).Select(part => part.Place));
    }

    [Fact]
    public void Elements_of_another_namespace_are_a_narrative_wherever_they_stand()
    {
        Assert.Equal(
            new FhirActivePart("Bundle.entry[1].resource.note.p", "event attribute"),
            Assert.Single(PartTests.Read(PartTests.Xml("<note><p xmlns=\"urn:x\" onclick=\"x\"/></note>"))));
        Assert.Equal(
            new FhirActivePart(Place, "script"), Assert.Single(PartTests.Read(PartTests.Xml("<text><div><script/></div></text>"))));
        Assert.Equal(2, PartTests.Read(PartTests.Xml(
            "<a><x xmlns=\"\"/></a><b><x xmlns=\"\" onx=\"x\"/></b><data value=\"AAAA\"/>")).Count);
    }

    [Fact]
    public void Pictures_of_a_narrative_are_files()
    {
        const string div = "<div xmlns=\"http://www.w3.org/1999/xhtml\">"
            + "<img alt=\"a\" src=\"data:image/png;base64,bW9&#48;cw==\"/><script/><img src=\"DATA:image/gif;base64,*\"/></div>";
        foreach (var bytes in Both(div))
        {
            var parts = PartTests.Read(bytes);
            Assert.Equal([Place, Place, Place], parts.Select(part => part.Place));
            var (first, last) = (Assert.IsType<FhirFile>(parts[0]), Assert.IsType<FhirFile>(parts[2]));
            Assert.Equal(("image/png", "mots"), (first.MediaType, Encoding.UTF8.GetString(first.Bytes.Span)));
            Assert.Equal(("image/gif", true), (last.MediaType, last.IsMalformed));
            Assert.IsType<FhirActivePart>(parts[1]);
        }
    }

    [Theory]
    [InlineData("<")]
    [InlineData("<a")]
    [InlineData("<a b='")]
    [InlineData("<a b=\"<c d='")]
    [InlineData("<!--")]
    [InlineData("&")]
    [InlineData("&#")]
    [InlineData("<p>mots</p>")]
    public void Ten_megabytes_of_a_narrative_are_gone_through(string piece)
    {
        var div = string.Concat(Enumerable.Repeat(piece, 10_000_000 / piece.Length));
        Assert.Empty(PartTests.Read(Json(div)));
        Assert.IsType<FhirActivePart>(Assert.Single(PartTests.Read(Json(div + "<script>"))));
    }

    private static byte[] Json(string div) => PartTests.Json($"\"text\":{{\"div\":{JsonSerializer.Serialize(div)}}}");

    private static byte[][] Both(string div) => [Json(div), PartTests.Xml($"<text><status value=\"x\"/>{div}</text>")];
}
