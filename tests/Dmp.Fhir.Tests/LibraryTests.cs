using System.Text;
using System.Text.Json;
using System.Xml;
using Hl7.Fhir.Model;
using Hl7.Fhir.Serialization;
using Xunit;

namespace Dmp.Fhir.Tests;

/// <summary>The samples beside a second reading by the library of Firely, and as XML that it writes.</summary>
public sealed class LibraryTests
{
    private static readonly BaseFhirJsonDeserializer library = new(ModelInfo.ModelInspector);

    private static readonly JsonSerializerOptions whole = new() { IncludeFields = true };

    public static TheoryData<string> Samples => [.. Documents.Samples()];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Json_and_xml_of_a_document_say_the_same(string sample)
    {
        var json = Documents.Sample(sample);
        var xml = Xml(json);
        var (header, other) = (FhirReader.ReadHeader(json), FhirReader.ReadHeader(xml));
        Assert.Equal((FhirFormat.Json, FhirFormat.Xml), (header.Header!.Format, other.Header!.Format));
        Assert.Equal("application/fhir+xml", other.Header.MediaType);
        Assert.Equal(Written(header.Header), Written(other.Header with { Format = FhirFormat.Json }));
        Assert.Equal(header.Faults, other.Faults);

        var (facts, others) = (FhirReader.ReadFacts(json), FhirReader.ReadFacts(xml));
        Assert.Equal(facts.Reading.Facts.Select(fact => Written(fact)), others.Reading.Facts.Select(fact => Written(fact)));
        Assert.Equal(facts.Reading.Unread, others.Reading.Unread);
        Assert.Equal(facts.Resources, others.Resources);
    }

    /// <summary>Every observation that the library finds is a fact with the same code, number, unit and time.</summary>
    [Theory]
    [MemberData(nameof(Samples))]
    public void Another_reader_finds_the_same_observations(string sample)
    {
        var json = Documents.Sample(sample);
        var facts = FhirReader.ReadFacts(json).Reading.Of<Dmp.Facts.Model.Observation>()
            .Where(fact => fact.Source.Within is null)
            .ToDictionary(fact => fact.Source.Ids[0]);
        var found = Parsed(json).Entry.Where(entry => entry.Resource is Hl7.Fhir.Model.Observation)
            .Select(entry => (Address: entry.FullUrl!, Observation: (Hl7.Fhir.Model.Observation)entry.Resource!)).ToList();
        Assert.Equal(found.Count, facts.Count);
        foreach (var (address, observation) in found)
        {
            var fact = facts[address.Replace("urn:uuid:", "", StringComparison.Ordinal)];
            var value = fact.Values is [var stated, ..] ? stated : null;
            Assert.Equal(observation.Code!.Coding[0].Code, fact.Code!.Code);
            Assert.Equal(
                (observation.Effective as FhirDateTime)?.ToDateTimeOffset(TimeSpan.Zero).ToUniversalTime(),
                fact.Time?.Low?.Time?.Time.ToUniversalTime());
            var quantity = observation.Value as Hl7.Fhir.Model.Quantity;
            Assert.Equal((quantity?.Value, quantity?.Code), (value?.Quantity?.Low?.Value, value?.Quantity?.Low?.Unit));
            Assert.Equal((observation.Value as CodeableConcept)?.Coding[0].Code, value?.Code?.Code);
            Assert.Equal(observation.Component.Count, ComponentsOf(json, fact));
        }
    }

    private static int ComponentsOf(byte[] json, Dmp.Facts.Model.Observation fact) => FhirReader.ReadFacts(json).Reading.Facts.Count(
        other => (other.Source.Entry, other.Source.Within) == (fact.Source.Entry, fact.Source.Place));

    private static Bundle Parsed(byte[] json)
    {
        var reader = new Utf8JsonReader(json);

        // What it finds wrong it tells beside the resource, which is there all the same: real documents have small faults.
        library.TryDeserializeResource(ref reader, out var resource, out _);
        return Assert.IsType<Bundle>(resource);
    }

    /// <summary>A document as the library writes it.</summary>
    internal static byte[] Xml(byte[] json) => Xml(Parsed(json));

    private static byte[] Xml(Bundle bundle)
    {
        using var bytes = new MemoryStream();
        using (var xml = XmlWriter.Create(bytes, new XmlWriterSettings { Encoding = new UTF8Encoding(false) }))
        {
            new BaseFhirXmlSerializer(ModelInfo.ModelInspector).Serialize(bundle, xml);
        }

        return bytes.ToArray();
    }

    private static string Written(object value) => JsonSerializer.Serialize(value, value.GetType(), whole);
}
