using System.Text;
using Dmp.Facts.Model;
using Xunit;

namespace Dmp.Facts.Tests;

/// <summary>What is written in ways that no sample has: never a fact that says the opposite, or of somebody else.</summary>
public sealed class ReadingTests
{
    private const string Xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    private const string AbsentOrUnknown = "2.16.840.1.113883.5.1150.1";
    private const string ProblemEntry = "<templateId root=\"1.3.6.1.4.1.19376.1.5.3.1.4.5\"/>";
    private const string Infarction = "<value xsi:type=\"CD\" code=\"I21\" codeSystem=\"2.16.840.1.113883.6.3\"/>";

    [Theory]
    [InlineData("<act negationInd=\"true\"><code nullFlavor=\"NA\"/><entryRelationship>$</entryRelationship></act>")]
    [InlineData("<act><code nullFlavor=\"NA\"/><entryRelationship negationInd=\"true\">$</entryRelationship></act>")]
    [InlineData("<organizer negationInd=\"true\"><component>$</component></organizer>")]
    public void A_no_of_what_holds_a_statement_is_its_no(string holder)
    {
        var problem = Assert.Single(Of<Problem>("11450-4", holder.Replace(
            "$", $"<observation>{ProblemEntry}{Infarction}</observation>", StringComparison.Ordinal)));
        Assert.True(problem.IsNegated);
    }

    [Fact]
    public void A_value_that_is_no_code_is_read()
    {
        Assert.Equal("Asthme", Assert.Single(Problems("<value xsi:type=\"ST\">Asthme</value>")).Value!.Text);
        Assert.True(Assert.Single(Problems("<value xsi:type=\"BL\" value=\"false\"/>")).IsNegated);
        Assert.False(Assert.Single(Problems("<value xsi:type=\"BL\" value=\"true\"/>")).IsNegated);
    }

    [Theory]
    [InlineData("<value xsi:type=\"CD\" code=\"no-known-problems\"/>", FactAbsence.NoneKnown)]
    [InlineData("<value xsi:type=\"CD\" code=\"no-problem-info\" codeSystem=\"" + AbsentOrUnknown + "\"/>", FactAbsence.NoInformation)]
    [InlineData("<value xsi:type=\"CD\" code=\"160245001\"/>", FactAbsence.NoneKnown)]
    [InlineData("<value xsi:type=\"ST\">Aucun antécédent</value>", FactAbsence.NoneByWords)]
    [InlineData("<value xsi:type=\"ST\">Aucun antécédent, sauf un asthme</value>", FactAbsence.No)]
    [InlineData(Infarction, FactAbsence.No)]
    public void None_is_no_problem(string value, FactAbsence absence) => Assert.Equal(absence, Assert.Single(Problems(value)).Absence);

    [Fact]
    public void None_is_no_allergy_and_no_medicine()
    {
        var allergy = Assert.Single(Of<Allergy>(
            "48765-2",
            "<observation><code code=\"no-known-allergies\"/><text>Pas d'allergie</text></observation>"));
        Assert.Equal(FactAbsence.NoneKnown, allergy.Absence);
        var medicine = Assert.Single(Of<Medication>(
            "10160-0",
            "<substanceAdministration><consumable><manufacturedProduct><manufacturedMaterial><code code=\"no-known-medications\" "
            + "/></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>"));
        Assert.Equal(FactAbsence.NoneKnown, medicine.Absence);
    }

    /// <summary>Where the published value sets are used: in the code of the statement itself.</summary>
    [Theory]
    [InlineData("10160-0", "<substanceAdministration><code code=\"no-known-medications\"/><consumable/></substanceAdministration>")]
    [InlineData("11369-6", "<substanceAdministration><code code=\"no-known-immunizations\"/><consumable/></substanceAdministration>")]
    [InlineData("47519-4", "<procedure><code code=\"no-known-procedures\"/></procedure>")]
    [InlineData("46264-8", "<supply><code code=\"no-known-devices\"/></supply>")]
    [InlineData("46264-8", "<supply><participant><participantRole><playingDevice><code code=\"no-known-devices\"/></playingDevice>"
        + "</participantRole></participant></supply>")]
    [InlineData("11450-4", "<observation><code code=\"no-known-problems\"/></observation>")]
    [InlineData("10162-6", "<observation><code code=\"1\"/><value xsi:type=\"CD\" code=\"no-known-problems\"/></observation>")]
    public void None_is_nothing_of_any_kind(string section, string statement) =>
        Assert.Equal(FactAbsence.NoneKnown, Assert.Single(Read(section, statement).Facts).Absence);

    [Fact]
    public void What_relatives_have_is_never_the_patient_s()
    {
        Assert.NotNull(Assert.Single(Of<Observation>("10157-6", $"<observation><code code=\"1\"/>{Infarction}</observation>")).Subject);
        Assert.NotNull(Assert.Single(Of<Observation>(
            "11348-0",
            $"<observation><templateId root=\"1.3.6.1.4.1.19376.1.5.3.1.4.13.3\"/><code code=\"1\"/>{Infarction}</observation>")).Subject);
    }

    [Fact]
    public void An_allergy_is_one_by_its_profile_in_whichever_section()
    {
        const string participants =
            """
            <participant typeCode="INF"><participantRole><playingEntity><name>MARTIN</name></playingEntity></participantRole></participant>
            <participant typeCode="CSM">
              <participantRole><playingEntity><name>Arachide</name></playingEntity></participantRole>
            </participant>
            """;
        var allergy = Assert.Single(Of<Allergy>(
            "42348-3",
            $"<observation><templateId root=\"1.3.6.1.4.1.19376.1.5.3.1.4.6\"/>{ProblemEntry}<code code=\"1\"/>{participants}"
            + "<entryRelationship negationInd=\"true\"><observation><code code=\"1\"/><text>Angio-oedème</text></observation>"
            + "</entryRelationship></observation>"));
        Assert.Equal("Arachide", allergy.Agent!.Name);
        var reaction = Assert.Single(allergy.Reactions);
        Assert.Equal(("Angio-oedème", true), (reaction.Manifestation.Text, reaction.IsNegated));
    }

    [Fact]
    public void Problems_without_the_profile_of_IHE_are_problems_too()
    {
        var entry = "<act><templateId root=\"2.16.840.1.113883.10.20.1.27\"/><code code=\"CONC\"/><statusCode code=\"active\"/>"
            + $"<entryRelationship><observation><templateId root=\"2.16.840.1.113883.10.20.1.28\"/>{Infarction}</observation>"
            + "</entryRelationship></act>";
        var fact = Assert.Single(Read("11450-4", entry).Facts);
        Assert.Equal(("I21", "active"), (((Problem)fact).Value!.Code, ((Problem)fact).ConcernState));
    }

    [Fact]
    public void Every_rhythm_of_a_dosage_is_one_and_phases_have_their_dates()
    {
        const string product =
            "<consumable><manufacturedProduct><manufacturedMaterial><name>X</name></manufacturedMaterial>"
            + "</manufacturedProduct></consumable>";
        var meals = Assert.Single(Of<Medication>(
            "57828-6",
            $"<substanceAdministration moodCode=\"INT\">{product}<effectiveTime xsi:type=\"SXPR_TS\"><comp xsi:type=\"EIVL_TS\">"
            + "<event code=\"ACM\"/></comp><comp xsi:type=\"EIVL_TS\"><event code=\"ACV\"/></comp></effectiveTime>"
            + "</substanceAdministration>"));
        Assert.Equal(["ACM", "ACV"], meals.Dosages.Select(dosage => dosage.Event));

        const string phase =
            "<substanceAdministration><effectiveTime xsi:type=\"IVL_TS\"><low value=\"20230125\"/><high value=\"20230127\"/>"
            + "</effectiveTime><effectiveTime xsi:type=\"PIVL_TS\" operator=\"A\"><period value=\"8\" unit=\"h\"/></effectiveTime>"
            + "</substanceAdministration>";
        var tapering = Assert.Single(Of<Medication>(
            "57828-6",
            $"<substanceAdministration moodCode=\"INT\">{product}<entryRelationship>{phase}</entryRelationship>"
            + "</substanceAdministration>"));
        Assert.Equal(("20230125", 8m), (tapering.Dosages[0].Period!.Low!.Written, tapering.Dosages[0].Every!.Value));
    }

    /// <summary>Phases follow each other by their numbers, where they have some.</summary>
    [Fact]
    public void Phases_are_in_the_order_of_their_numbers()
    {
        static string Phase(int number, int every) =>
            $"<entryRelationship><sequenceNumber value=\"{number}\"/><substanceAdministration><effectiveTime xsi:type=\"PIVL_TS\">"
            + $"<period value=\"{every}\" unit=\"h\"/></effectiveTime></substanceAdministration></entryRelationship>";
        var medicine = Assert.Single(Of<Medication>(
            "57828-6", $"<substanceAdministration moodCode=\"INT\"><consumable/>{Phase(2, 12)}{Phase(1, 8)}</substanceAdministration>"));
        Assert.Equal([8m, 12m], medicine.Dosages.Select(dosage => dosage.Every!.Value!.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<component><section><title>Sous-section</title></section></component>")]
    public void Words_without_an_entry_are_told(string inner)
    {
        var reading = Read("46057-6", "", "Deux transfusions en 2008", inner);
        Assert.Equal(UnreadReason.TextOnly, Assert.Single(reading.Unread).Reason);
    }

    /// <summary>Of a code, of a list of codes, of the narrative: what is left out is told.</summary>
    [Fact]
    public void What_is_too_long_is_told()
    {
        var code = $"<observation><code code=\"1\"/><id root=\"{new string('x', 5_000)}\"/></observation>";
        Assert.Equal(1, Assert.Single(Read("30954-2", code).Unread).Count);

        var codes = string.Concat(Enumerable.Range(0, 150).Select(number => $"<translation code=\"{number}\"/>"));
        var medicine = Read(
            "10160-0",
            $"<substanceAdministration><consumable><manufacturedProduct><manufacturedMaterial><code>{codes}</code></manufacturedMaterial>"
            + "</manufacturedProduct></consumable></substanceAdministration>");
        Assert.Equal(100, Assert.Single(medicine.Of<Medication>()).Product.Codes.Count);
        Assert.Equal((UnreadReason.TooLarge, 50), (Assert.Single(medicine.Unread).Reason, medicine.Unread[0].Count));

        var words = "<content ID=\"a\">un</content><content ID=\"b\">deux</content>";
        var entry = "<observation><code code=\"1\"/><text><reference value=\"#b\"/></text></observation>";
        var narrow = Read("30954-2", entry, words, limits: new FactLimits { NarrativeCharsMax = 5 });
        Assert.Null(Assert.Single(narrow.Facts).Text);
        Assert.Equal(UnreadReason.TooLarge, Assert.Single(narrow.Unread).Reason);
    }

    [Fact]
    public void Time_and_sections_have_their_limits()
    {
        var many = string.Concat(Enumerable.Repeat("<component><section><text>x</text></section></component>", 9_000));
        Assert.Contains("time", Read("1", "", "", many, new FactLimits { TimeMax = TimeSpan.Zero }).Failure, StringComparison.Ordinal);

        var titled = string.Concat(Enumerable.Range(0, 30).Select(number =>
            $"<component><section><code code=\"{number}\"/><text>x</text></section></component>"));
        var reading = Read("1", "", "", titled, new FactLimits { SectionsMax = 10 });
        Assert.Equal((11, 30), (reading.Unread.Count, reading.Unread.Sum(unread => unread.Count)));
        Assert.Equal((null, ""), (reading.Unread[^1].Section, reading.Unread[^1].SectionTitle));
    }

    private static IReadOnlyList<Problem> Problems(string value) =>
        Of<Problem>("11450-4", $"<observation>{ProblemEntry}<code code=\"1\"/>{value}</observation>");

    private static IReadOnlyList<T> Of<T>(string section, string statement)
        where T : Fact => Read(section, statement).Of<T>();

    private static FactReading Read(string section, string statement, string text = "", string inner = "", FactLimits? limits = null)
    {
        var entry = statement.Length > 0 ? $"<entry>{statement}</entry>" : "";
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(
            $"""
            <ClinicalDocument xmlns="urn:hl7-org:v3" {Xsi}><component><structuredBody><component><section>
            <code code="{section}"/><text>{text}</text>{entry}{inner}</section></component></structuredBody></component></ClinicalDocument>
            """));
        return CdaFactReader.Read(stream, limits);
    }
}
