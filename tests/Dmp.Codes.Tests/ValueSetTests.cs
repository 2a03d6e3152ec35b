using Xunit;

namespace Dmp.Codes.Tests;

/// <summary>Value sets in the form of IHE SVS, as the French agency writes them.</summary>
public sealed class ValueSetTests
{
    private const string Encounters =
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <!--Écrit pour un test-->
        <RetrieveValueSetResponse xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
            xsi:schemaLocation="urn:ihe:iti:svs:2008 SVS.xsd" xmlns="urn:ihe:iti:svs:2008">
          <ValueSet id="1.2.250.1.213.1.1.5.589" displayName="JDV_J142_TypeRencontre_CISIS" version="20210326120000">
            <ConceptList>
              <Concept code="IMP" displayName="Hospitalisation" codeSystem="2.16.840.1.113883.5.4" dateValid="20210326120000" dateFin=""/>
              <Concept code="EMER" displayName="Passage aux urgences" codeSystem="2.16.840.1.113883.5.4" dateValid="20221216000000"
                       dateFin="20221216000000"/>
              <Concept code="EMER" displayName="Passage aux urgences (établissement)" codeSystem="2.16.840.1.113883.5.4"
                       dateValid="20221216000000" dateFin="20991231000000"/>
              <Concept code="IMP" displayName="Implantation" codeSystem="1.2.250.1.213.1.1.4.2.291"/>
              <Concept code="SANS" displayName="Sans nomenclature"/>
              <Concept code="" displayName="Sans code" codeSystem="2.16.840.1.113883.5.4"/>
              <Concept code="NOM" displayName=" " codeSystem="2.16.840.1.113883.5.4"/>
              <Concept code="" displayName="" codeSystem="" dateFin="20230608000000"/>
              <Concept code="JOUR" displayName="Un jour" codeSystem="2.16.840.1.113883.5.4" dateFin="31/12/2020"/>
              <Concept code="AMB" displayName="Ambulatoire" codeSystem="2.16.840.1.113883.5.4" dateFin="20270101000000"/>
              <Concept code="AMB" displayName="En ville" codeSystem="2.16.840.1.113883.5.4" dateValid="20270101000000"/>
            </ConceptList>
          </ValueSet>
        </RetrieveValueSetResponse>
        """;

    [Fact]
    public void A_set_is_read_with_its_dates_and_systems_and_what_is_wrong_is_told_with_its_line()
    {
        var reading = Files.Read(CodeKinds.ValueSets, Files.Of("JDV_J142.xml", Encounters));

        var list = Assert.Single(reading.Lists);
        Assert.Equal(
            ("1.2.250.1.213.1.1.5.589", "JDV_J142_TypeRencontre_CISIS", "20210326120000"), (list.Oid, list.Name, list.Version));
        Assert.Equal(
            [
                ("2.16.840.1.113883.5.4", "IMP", "Hospitalisation", (DateOnly?)null),
                ("2.16.840.1.113883.5.4", "EMER", "Passage aux urgences (établissement)", null),
                ("1.2.250.1.213.1.1.4.2.291", "IMP", "Implantation", null),
                ("2.16.840.1.113883.5.4", "AMB", "Ambulatoire", new DateOnly(2027, 1, 1)),
                ("2.16.840.1.113883.5.4", "AMB", "En ville", null),
            ],
            list.Concepts.Select(concept => (concept.SystemOid, concept.Code, concept.Display, concept.EndDate)));
        Assert.Equal(new DateOnly(2022, 12, 16), list.Concepts[1].StartDate);
        Assert.Equal(
            [
                (10, "EMER stands in line 8 too, as Passage aux urgences; this one is kept, which is in use longer", false),
                (13, "SANS has no code system", true),
                (14, "no code", true),
                (15, "NOM has no name", true),
                (16, "a row without a code and a system, which says nothing", false),
                (17, "JOUR has a day that cannot be read (, 31/12/2020)", true),
            ],
            reading.Notices.Select(notice => (notice.Line, notice.Text, notice.IsFault)));
    }

    [Fact]
    public void A_folder_is_one_edition_and_a_set_that_stands_in_two_files_is_told()
    {
        var other = Encounters.Replace("5.589", "5.590", StringComparison.Ordinal);
        var reading = Files.Read(
            CodeKinds.ValueSets, Files.Of("a.xml", Encounters), Files.Of("b.xml", other), Files.Of("c.xml", Encounters));

        Assert.Equal(["1.2.250.1.213.1.1.5.589", "1.2.250.1.213.1.1.5.590"], reading.Lists.Select(list => list.Oid));
        Assert.Contains(
            reading.Notices,
            notice => notice is { File: "c.xml", IsFault: true }
                && notice.Text.Contains("stands in a.xml too", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_several_languages_the_french_one_is_read_and_sets_of_the_second_transaction_too()
    {
        var reading = Files.Read(CodeKinds.ValueSets, Files.Of(
            "multiple.xml",
            """
            <RetrieveMultipleValueSetsResponse xmlns="urn:ihe:iti:svs:2008">
              <DescribedValueSet id="1.2.3" displayName="Sides" version="1">
                <ConceptList xml:lang="en-US"><Concept code="L" displayName="left" codeSystem="1.2.4"/></ConceptList>
                <ConceptList xml:lang="fr-FR"><Concept code="L" displayName="gauche" codeSystem="1.2.4"/></ConceptList>
                <ConceptList xml:lang="de-DE"><Concept code="L" displayName="links" codeSystem="1.2.4"/></ConceptList>
              </DescribedValueSet>
              <DescribedValueSet id="1.2.5" displayName="Empty" version="1"><ConceptList/></DescribedValueSet>
              <DescribedValueSet id="urn:x" displayName="No OID" version="1"><ConceptList/></DescribedValueSet>
            </RetrieveMultipleValueSetsResponse>
            """));

        Assert.Equal("gauche", Assert.Single(Assert.Single(reading.Lists).Concepts).Display);
        Assert.Equal(
            ["the value set 1.2.5 (Empty) has no concept, and is left out", "the value set No OID has no OID"],
            reading.Notices.Select(notice => notice.Text));
    }

    [Theory]
    [InlineData("<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>", "its root is ClinicalDocument")]
    [InlineData("<RetrieveValueSetResponse xmlns=\"urn:ihe:iti:svs:2008\">", "cannot be read")]
    [InlineData("", "cannot be read")]
    [InlineData("<RetrieveValueSetResponse xmlns=\"urn:ihe:iti:svs:2008\"/>", "no value set in these files")]
    [InlineData(
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><x>&b;</x>", "its root is x")]
    public void What_is_no_value_set_is_refused(string text, string told)
    {
        var refused = Assert.Throws<InvalidDataException>(() => Files.Read(CodeKinds.ValueSets, Files.Of("x.xml", text)));
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
    }
}
