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

    [Fact]
    public void Words_without_an_entry_are_told()
    {
        var reading = Read("46057-6", "", "Deux transfusions en 2008");
        Assert.Equal(UnreadReason.TextOnly, Assert.Single(reading.Unread).Reason);
    }

    private static IReadOnlyList<Problem> Problems(string value) =>
        Of<Problem>("11450-4", $"<observation>{ProblemEntry}<code code=\"1\"/>{value}</observation>");

    private static IReadOnlyList<T> Of<T>(string section, string statement)
        where T : Fact => Read(section, statement).Of<T>();

    private static FactReading Read(string section, string statement, string text = "")
    {
        var entry = statement.Length > 0 ? $"<entry>{statement}</entry>" : "";
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(
            $"""
            <ClinicalDocument xmlns="urn:hl7-org:v3" {Xsi}><component><structuredBody><component><section>
            <code code="{section}"/><text>{text}</text>{entry}</section></component></structuredBody></component></ClinicalDocument>
            """));
        return CdaFactReader.Read(stream);
    }
}
